package org.hypergrad.nn.layer;

import static org.hypergrad.nn.Fixtures.assertNear;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Initialiser;
import org.hypergrad.nn.Module;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Known values, computed by PyTorch in float64 unless said otherwise. */
class LayerCasesTest {
  private static final Generator RANDOM = new Generator(1);
  private static final Initialiser ONES = Initialiser.constant(1);

  private static Tensor column(float... values) {
    return Tensor.of(values, values.length, 1);
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void batchNormOfTwoBatchesThenEval(Device device) {
    device.run(
        () -> {
          try (BatchNorm1d layer = new BatchNorm1d(1)) {
            Scope.run(
                () -> {
                  layer.apply(column(1, 3));
                  layer.apply(column(5, 9));
                  layer.eval();
                  double y = layer.apply(column(3)).item();
                  assertNear("y", new double[] {1.584557971}, y);
                  double mean = layer.buffers().get("running_mean").item();
                  assertNear("mean", new double[] {0.88}, mean);
                  double variance = layer.buffers().get("running_var").item();
                  assertNear("variance", new double[] {1.79}, variance);
                });
          }
        });
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void batchNormRunsWithTheUnbiasedVariance(Device device) {
    float[] x = {2, 15, 2, 1, 2, 17, 2, 1, -4, -2, -2, -1};
    device.run(
        () -> {
          try (BatchNorm1d layer = BatchNorm1d.builder(4).momentum(1).build()) {
            Scope.run(
                () -> {
                  double[] y = layer.apply(Tensor.of(x, 3, 4)).toDoubles();
                  double[] first = {0.707106339, 0.586546375, 0.707105787, 0.707102804};
                  assertNear("y", first, y[0], y[1], y[2], y[3]);
                  assertNear(
                      "mean",
                      new double[] {0, 10, 0.666666667, 0.333333333},
                      layer.buffers().get("running_mean").toDoubles());
                  assertNear(
                      "variance",
                      new double[] {12, 109, 5.333333333, 1.333333333},
                      layer.buffers().get("running_var").toDoubles());
                });
          }
        });
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void batchNormRefusesOneValue(Device device) {
    device.run(
        () -> {
          try (BatchNorm1d layer = new BatchNorm1d(2)) {
            Scope.run(
                () -> {
                  Tensor one = Tensor.ones(1, 2);
                  ShapeException e = assertThrows(ShapeException.class, () -> layer.apply(one));
                  assertEquals("drop a last batch of one (dropLast), or evaluate", e.hint());
                  float[] mean = layer.buffers().get("running_mean").toFloats();
                  assertArrayEquals(new float[2], mean);
                  layer.eval();
                  double y = 1 / Math.sqrt(1 + 1e-5);
                  assertNear("y", new double[] {y, y}, layer.apply(one).toDoubles());
                });
          }
        });
  }

  /** The odd row or column of same padding lies at the bottom and on the right. */
  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void samePaddingOfAnEvenKernel(Device device) {
    device.run(
        () -> {
          try (Module layer = Conv2d.builder(1, 1, 1, 2).samePadding().weight(ONES).build(RANDOM)) {
            Scope.run(
                () -> {
                  Tensor x = Tensor.arange(1, 1, 5, DType.FLOAT32).reshape(1, 1, 1, 5);
                  assertArrayEquals(new float[] {3, 5, 7, 9, 5}, layer.apply(x).toFloats());
                });
          }
        });
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void extentsOfTransposedConvolutions(Device device) {
    ConvTranspose2d.Builder layer = ConvTranspose2d.builder(1, 1, 3).stride(2).padding(1);
    device.run(
        () -> {
          assertEquals(31, rows(layer.outputPadding(0).build(RANDOM), 16));
          assertEquals(32, rows(layer.outputPadding(1).build(RANDOM), 16));
          assertEquals(7, rows(layer.outputPadding(0).dilation(2).build(RANDOM), 3));
          assertEquals(8, rows(layer.outputPadding(1).build(RANDOM), 3));
        });
  }

  private static long rows(Module layer, long extent) {
    try (layer) {
      return Scope.call(() -> layer.apply(Tensor.zeros(1, 1, extent, extent)).extent(2));
    }
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void linearOfNoExample(Device device) {
    device.run(
        () -> {
          try (Linear layer = new Linear(RANDOM, 5, 4)) {
            Scope.run(
                () -> {
                  Tensor weight = layer.parameters().getFirst().value();
                  Gradients gradients =
                      Tape.record(
                          tape -> {
                            Tensor y = layer.apply(Tensor.zeros(0, 5));
                            assertEquals(Shape.of(0, 4), y.shape());
                            return tape.backward(y.sum());
                          });
                  assertArrayEquals(new float[20], gradients.of(weight).toFloats());
                });
            Scope.run(
                () -> assertEquals(Shape.of(2, 0, 4), layer.apply(Tensor.zeros(2, 0, 5)).shape()));
          }
        });
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void firstWeightsAreGlorotAndBiasesZero(Device device) {
    device.run(
        () -> {
          try (Module dense = new Linear(new Generator(3), 200, 100);
              Module conv = Conv2d.builder(8, 16, 5).groups(2).build(new Generator(3));
              Module up = new ConvTranspose2d(new Generator(3), 16, 8, 5)) {
            // Bounds are sqrt(6 / (fan in + fan out)); fans are channels times 25 pixels.
            assertFirst(Math.sqrt(6.0 / 300), dense);
            assertFirst(Math.sqrt(6.0 / ((4 + 16) * 25)), conv);
            assertFirst(Math.sqrt(6.0 / ((16 + 8) * 25)), up);
          }
        });
  }

  private static void assertFirst(double bound, Module layer) {
    float[] weight = layer.parameters().getFirst().value().toFloats();
    double largest = 0;
    for (float w : weight) {
      largest = Math.max(largest, Math.abs(w));
    }
    // The largest of 1,600 or more misses the bound by 2 % with probability below 1e-14.
    assertEquals(bound, largest, 0.02 * bound);
    float[] bias = layer.parameters().getLast().value().toFloats();
    assertArrayEquals(new float[bias.length], bias);
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void firstValuesCanBeChosen(Device device) {
    Initialiser two = Initialiser.constant(2);
    device.run(
        () -> {
          assertFirstValues(Linear.builder(1, 1).weight(ONES).bias(two).build(RANDOM));
          assertFirstValues(Conv2d.builder(1, 1, 1).weight(ONES).bias(two).build(RANDOM));
          assertFirstValues(ConvTranspose2d.builder(1, 1, 1).weight(ONES).bias(two).build(RANDOM));
        });
  }

  private static void assertFirstValues(Module layer) {
    try (layer) {
      assertEquals(1, layer.parameters().getFirst().value().item());
      assertEquals(2, layer.parameters().getLast().value().item());
    }
  }

  /** A later padding takes the place of an earlier one, and of same padding. */
  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void theLastPaddingCounts(Device device) {
    device.run(
        () -> {
          assertEquals(7, rows(Conv2d.builder(1, 1, 3).samePadding().padding(2).build(RANDOM), 5));
          assertEquals(5, rows(Conv2d.builder(1, 1, 3).padding(2).samePadding().build(RANDOM), 5));
        });
  }

  @Test
  void saysWhatItIs() {
    Device.reference()
        .run(
            () -> {
              assertText("Linear(3, 2, no bias)", Linear.builder(3, 2).withoutBias().build(RANDOM));
              assertText(
                  "Conv2d(2, 4, 3x5, stride 2, padding 1x2, dilation 1x2, groups 2, no bias)",
                  Conv2d.builder(2, 4, 3, 5)
                      .stride(2)
                      .padding(1, 2)
                      .dilation(1, 2)
                      .groups(2)
                      .withoutBias()
                      .build(RANDOM));
              assertText(
                  "Conv2d(1, 1, 2, padding same)",
                  Conv2d.builder(1, 1, 2).samePadding().build(RANDOM));
              assertText(
                  "ConvTranspose2d(2, 4, 3, stride 2, output padding 1, groups 2, no bias)",
                  ConvTranspose2d.builder(2, 4, 3)
                      .stride(2)
                      .outputPadding(1)
                      .groups(2)
                      .withoutBias()
                      .build(RANDOM));
              assertText("BatchNorm1d(3)", new BatchNorm1d(3));
              assertText("LayerNorm(2, 3)", new LayerNorm(2, 3));
              assertText(
                  "MaxPool2d(3, stride 2, padding 1, ceil)",
                  MaxPool2d.builder(3).stride(2).padding(1).ceil().build());
              assertText(
                  "AvgPool2d(2, ceil, padding excluded)",
                  AvgPool2d.builder(2).ceil().excludePadding().build());
              assertText("AdaptiveAvgPool2d(3, 2)", new AdaptiveAvgPool2d(3, 2));
              assertText("Dropout(0.5)", new Dropout(RANDOM, 0.5));
              assertText("Flatten", new Flatten());
              assertText("LeakyReLU(0.1)", Activation.leakyRelu(0.1));
            });
  }

  private static void assertText(String expected, Module layer) {
    try (layer) {
      assertEquals(expected, layer.toString());
    }
  }
}
