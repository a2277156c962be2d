package org.hypergrad.engine.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.engine.op.LayerNorm;
import org.hypergrad.engine.random.Generator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CpuNormalisationTest {
  private static final UnaryOperator<Tensor> SAME = UnaryOperator.identity();

  private static Tensor channelsLast(Tensor x) {
    return x.rank() == 4 ? x.permute(0, 2, 3, 1).copy().permute(0, 3, 1, 2) : x;
  }

  /** Every second element of a larger tensor. */
  private static Tensor sliced(Tensor x) {
    int last = x.rank();
    return x.unsqueeze(-1).broadcastTo(x.shape().insert(last, 2)).copy().select(-1, 1);
  }

  /** Values and gradients of batch normalisation, and the running statistics behind it. */
  private static List<float[]> batchNorm(
      Device device, boolean training, UnaryOperator<Tensor> layout, double mean, long... extents) {
    return device.call(
        () ->
            Scope.call(
                () -> {
                  Generator random = new Generator(7);
                  long channels = extents[1];
                  Tensor x = layout.apply(random.normal(1, extents).add(mean).copy());
                  Tensor dy = random.normal(1, extents);
                  Tensor scale = layout.apply(random.uniform(0.5, 2, channels));
                  Tensor shift = layout.apply(random.normal(1, channels));
                  Tensor runningMean = sliced(random.normal(1, channels));
                  Tensor runningVariance = sliced(random.uniform(0.5, 2, channels));
                  Tensor[] out =
                      Dispatch.run(
                          new BatchNorm(1e-5, 0.1, training),
                          x,
                          scale,
                          shift,
                          runningMean,
                          runningVariance);
                  Tensor[] gradients =
                      Dispatch.run(new BatchNorm.Gradient(training), dy, x, scale, out[1], out[2]);
                  return floats(out, gradients, new Tensor[] {runningMean, runningVariance});
                }));
  }

  private static List<float[]> floats(Tensor[]... groups) {
    List<float[]> values = new ArrayList<>();
    for (Tensor[] group : groups) {
      for (Tensor tensor : group) {
        values.add(tensor.toFloats());
      }
    }
    return values;
  }

  private static void assertAgree(List<float[]> expected, List<float[]> actual, long terms) {
    for (int i = 0; i < expected.size(); i++) {
      float tolerance = 4e-6f * (float) Math.max(1, Math.sqrt(terms));
      assertArrayEquals(expected.get(i), actual.get(i), tolerance, "output " + i);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2, 3, 5, 7",
    "1, 1, 2, 1",
    "4, 16, 3, 3",
    "3, 8, 1, 1",
    "5, 19, 4, 1",
    "2, 64, 9, 5"
  })
  void imagesAgreeWithTheReference(long n, long c, long h, long w) {
    for (boolean training : new boolean[] {true, false}) {
      for (UnaryOperator<Tensor> layout :
          List.<UnaryOperator<Tensor>>of(
              SAME, CpuNormalisationTest::channelsLast, CpuNormalisationTest::sliced)) {
        assertAgree(
            batchNorm(Device.reference(), training, SAME, 1, n, c, h, w),
            batchNorm(Device.cpu(), training, layout, 1, n, c, h, w),
            n * h * w);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void rowsAndSequencesAgreeWithTheReference(boolean training) {
    assertAgree(
        batchNorm(Device.reference(), training, SAME, 0, 7, 5),
        batchNorm(Device.cpu(), training, CpuNormalisationTest::sliced, 0, 7, 5),
        7);
    assertAgree(
        batchNorm(Device.reference(), training, SAME, 0, 4, 3, 11),
        batchNorm(Device.cpu(), training, SAME, 0, 4, 3, 11),
        44);
  }

  @Test
  void evaluationTakesAnEmptyBatch() {
    assertAgree(
        batchNorm(Device.reference(), false, SAME, 0, 0, 3, 2, 2),
        batchNorm(Device.cpu(), false, SAME, 0, 0, 3, 2, 2),
        1);
  }

  @ParameterizedTest
  @CsvSource({"16", "3"})
  void aMeanFarFromZeroCostsNoVariance(long channels) {
    for (UnaryOperator<Tensor> layout :
        List.<UnaryOperator<Tensor>>of(SAME, CpuNormalisationTest::channelsLast)) {
      List<float[]> expected =
          batchNorm(Device.reference(), true, SAME, 1000, 64, channels, 16, 16);
      List<float[]> actual = batchNorm(Device.cpu(), true, layout, 1000, 64, channels, 16, 16);
      for (int c = 0; c < channels; c++) {
        // x itself is rounded to 1000 * 2^-24 here.
        assertEquals(expected.get(1)[c], actual.get(1)[c], 1e-4, "mean");
        assertEquals(1, actual.get(2)[c] / expected.get(2)[c], 1e-5, "inverse deviation");
      }
      assertArrayEquals(expected.get(0), actual.get(0), 1e-3f);
    }
  }

  @ParameterizedTest
  @CsvSource({"16", "3"})
  void aConstantChannelBecomesItsShift(long channels) {
    for (UnaryOperator<Tensor> layout :
        List.<UnaryOperator<Tensor>>of(SAME, CpuNormalisationTest::channelsLast)) {
      float[] y =
          Device.cpu()
              .call(
                  () ->
                      Scope.call(
                          () -> {
                            Tensor x = layout.apply(Tensor.zeros(64, channels, 16, 16).add(7.3));
                            Tensor one = Tensor.ones(channels);
                            Tensor zero = Tensor.zeros(channels);
                            return new BatchNorm(1e-5, 0.1, true)
                                .apply(x, one, zero, zero.copy(), one.copy())
                                .toFloats();
                          }));
      // The mean, rounded to float32, misses 7.3 by half a unit at most; over sqrt(1e-5).
      assertArrayEquals(new float[y.length], y, 7.6e-5f);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 4", "3, 1", "5, 7", "2, 300", "9, 64"})
  void layerNormAgreesWithTheReference(long outer, long inner) {
    for (UnaryOperator<Tensor> layout :
        List.<UnaryOperator<Tensor>>of(SAME, CpuNormalisationTest::sliced)) {
      assertAgree(
          layerNorm(Device.reference(), SAME, new long[] {outer, inner}, inner),
          layerNorm(Device.cpu(), layout, new long[] {outer, inner}, inner),
          Math.max(inner, outer));
    }
  }

  @Test
  void layerNormTakesSeveralAxesAndNone() {
    assertAgree(
        layerNorm(Device.reference(), SAME, new long[] {2, 3, 4, 5}, 4, 5),
        layerNorm(Device.cpu(), SAME, new long[] {2, 3, 4, 5}, 4, 5),
        20);
    assertAgree(
        layerNorm(Device.reference(), SAME, new long[] {6}, 6),
        layerNorm(Device.cpu(), SAME, new long[] {6}, 6),
        6);
    assertAgree(
        layerNorm(Device.reference(), SAME, new long[] {0, 6}, 6),
        layerNorm(Device.cpu(), SAME, new long[] {0, 6}, 6),
        6);
  }

  private static List<float[]> layerNorm(
      Device device, UnaryOperator<Tensor> layout, long[] extents, long... inner) {
    return device.call(
        () ->
            Scope.call(
                () -> {
                  Generator random = new Generator(9);
                  Tensor x = layout.apply(random.normal(1, extents));
                  Tensor dy = layout.apply(random.normal(1, extents));
                  Tensor scale = layout.apply(random.uniform(0.5, 2, inner));
                  Tensor shift = layout.apply(random.normal(1, inner));
                  Tensor[] out = Dispatch.run(new LayerNorm(1e-3), x, scale, shift);
                  return floats(
                      out, Dispatch.run(new LayerNorm.Gradient(), dy, x, scale, out[1], out[2]));
                }));
  }

  @Test
  void nanStaysInItsChannel() {
    Device.cpu()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Tensor x = new Generator(2).normal(1, 2, 16, 3, 3);
                      x.select(0, 0).slice(0, 4, 5).fill(Float.NaN);
                      Tensor one = Tensor.ones(16);
                      Tensor zero = Tensor.zeros(16);
                      Tensor mean = zero.copy();
                      float[] y =
                          new BatchNorm(1e-5, 0.1, true)
                              .apply(channelsLast(x), one, zero, mean, one.copy())
                              .toFloats();
                      for (int i = 0; i < y.length; i++) {
                        assertEquals(i / 9 % 16 == 4, Float.isNaN(y[i]), "element " + i);
                      }
                      assertTrue(Float.isNaN(mean.toFloats()[4]));
                    }));
  }
}
