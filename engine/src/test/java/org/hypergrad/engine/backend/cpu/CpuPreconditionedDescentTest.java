package org.hypergrad.engine.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;
import org.hypergrad.engine.op.PreconditionedDescend;
import org.hypergrad.engine.random.Generator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parameters of many blocks of rows. */
class CpuPreconditionedDescentTest {
  private static final DescentRule.Sgd MOMENTUM = new DescentRule.Sgd(0.9, false, 0.01);
  private static final DescentRule.Adam ADAM = new DescentRule.Adam(0.9, 0.99, 1e-3, 0);

  private static PreconditionedDescend op(boolean factorFirst) {
    Descend.Part numbers = new Descend.Part(0.1, 1, 1, 1);
    Descend.Part small = new Descend.Part(0.01, 1.5, 1.5, 1);
    PreconditionedDescend.Part part = new PreconditionedDescend.Part(numbers, small, 0.05, true);
    return new PreconditionedDescend(MOMENTUM, ADAM, factorFirst, List.of(part, part));
  }

  /** What theta, g', M and the states are after a step of an odd number of rows and of few. */
  private static List<double[]> step(DType dtype, boolean factorFirst, int k, double planted) {
    List<Tensor> in = new ArrayList<>();
    for (long rows : new long[] {70_001 / k, 3}) {
      for (int operand = 0; operand < 7; operand++) {
        Generator generator = new Generator(k, 10 * rows + operand);
        boolean wide = operand < 3 || operand == 4;
        Tensor x = generator.normal(1, wide ? rows : k, k);
        in.add((operand < 5 ? x : x.square()).to(dtype));
      }
    }
    if (planted != 0) {
      in.get(1).slice(0, 50, 51).fill(planted);
    }
    boolean[] moved = op(factorFirst).apply(in.toArray(Tensor[]::new));
    assertArrayEquals(new boolean[] {planted == 0, true}, moved);
    return in.stream().map(Tensor::toDoubles).toList();
  }

  /**
   * Sums over n rows round like a random walk of n float32 steps at worst, so to 1e-7 sqrt(n) of
   * their size; they reach M through the small rate alone.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 9, 15, 25, 49, 64})
  void agreesWithTheDefinition(int k) {
    for (boolean factorFirst : new boolean[] {false, true}) {
      List<double[]> expected =
          Device.reference().call(() -> Scope.call(() -> step(DType.FLOAT64, factorFirst, k, 0)));
      List<double[]> actual =
          Device.cpu().call(() -> Scope.call(() -> step(DType.FLOAT32, factorFirst, k, 0)));
      for (int i = 0; i < expected.size(); i++) {
        double size = Arrays.stream(expected.get(i)).map(Math::abs).max().orElseThrow();
        assertTrue(size > 0);
        assertArrayEquals(expected.get(i), actual.get(i), 3e-6 * size, "input " + i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 9, 49})
  void givesTheSameBitsForAnyNumberOfThreads(int k) {
    int threads = Device.cpu().threads();
    try {
      List<List<double[]>> results = new ArrayList<>();
      for (int some : new int[] {1, 2, 3, 5}) {
        Device.cpu().setThreads(some);
        results.add(Device.cpu().call(() -> Scope.call(() -> step(DType.FLOAT32, false, k, 0))));
      }
      for (List<double[]> result : results) {
        for (int i = 0; i < result.size(); i++) {
          assertArrayEquals(results.getFirst().get(i), result.get(i), "input " + i);
        }
      }
    } finally {
      Device.cpu().setThreads(threads);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e25, Double.NaN, Double.NEGATIVE_INFINITY})
  void leavesAPartAsItIsWhoseGradientRunsAway(double planted) {
    for (Device device : List.of(Device.reference(), Device.cpu())) {
      List<double[]> moved =
          device.call(() -> Scope.call(() -> step(DType.FLOAT32, false, 9, planted)));
      List<double[]> untouched = new ArrayList<>();
      device.run(
          () ->
              Scope.run(
                  () -> {
                    for (int operand = 0; operand < 7; operand++) {
                      boolean wide = operand < 3 || operand == 4;
                      Tensor x = new Generator(9, 77_770 + operand).normal(1, wide ? 7777 : 9, 9);
                      untouched.add((operand < 5 ? x : x.square()).toDoubles());
                    }
                  }));
      for (int operand = 0; operand < 7; operand++) {
        if (operand != 1) {
          assertArrayEquals(untouched.get(operand), moved.get(operand), "input " + operand);
        }
      }
      assertEquals(14, moved.size());
    }
  }
}
