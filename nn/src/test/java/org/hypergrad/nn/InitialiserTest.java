package org.hypergrad.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Initialiser.Distribution;
import org.hypergrad.nn.Initialiser.Fan;
import org.junit.jupiter.api.Test;

class InitialiserTest {
  private static final long[] DENSE = {300, 100};
  private static final long[] KERNEL = {48, 24, 3, 5};

  private static double[] sample(Initialiser initialiser, Role role, long... extents) {
    return Device.reference()
        .call(
            () ->
                Scope.call(() -> initialiser.weight(new Generator(7), role, extents).toDoubles()));
  }

  /** The sample variance lies within five of its own standard deviations of the true one. */
  private static void assertVariance(double expected, double[] values, double kurtosis) {
    double sum = 0;
    double squares = 0;
    for (double value : values) {
      sum += value;
      squares += value * value;
    }
    double n = values.length;
    assertEquals(0, sum / n, 5 * Math.sqrt(expected / n), "mean");
    assertEquals(expected, squares / n, 5 * expected * Math.sqrt((kurtosis - 1) / n), "variance");
  }

  @Test
  void varianceIsGainByFan() {
    double[] glorot = sample(Initialiser.glorot(Distribution.NORMAL), Role.DENSE_WEIGHT, DENSE);
    assertVariance(2.0 / 400, glorot, 3);
    double[] he = sample(Initialiser.he(Distribution.NORMAL), Role.DENSE_WEIGHT, DENSE);
    assertVariance(2.0 / 300, he, 3);
    double[] kernel = sample(Initialiser.he(Distribution.NORMAL), Role.CONV_KERNEL, KERNEL);
    assertVariance(2.0 / (24 * 15), kernel, 3);
    Initialiser byOutputs = new Initialiser.VarianceScaling(Distribution.NORMAL, Fan.OUT, 2);
    assertVariance(2.0 / (48 * 15), sample(byOutputs, Role.CONV_KERNEL, KERNEL), 3);
  }

  @Test
  void uniformFillsItsBounds() {
    double[] values = sample(Initialiser.glorot(Distribution.UNIFORM), Role.CONV_KERNEL, KERNEL);
    double variance = 2.0 / ((24 + 48) * 15);
    assertVariance(variance, values, 1.8);
    double bound = Math.sqrt(3 * variance);
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    // The largest of 17,280 misses the bound by 1 % with probability 1e-75.
    assertTrue(largest <= bound * (1 + 1e-6) && largest > 0.99 * bound, largest + " of " + bound);
  }

  /** The squares of what PyTorch's calculate_gain returns. */
  @Test
  void gainsMakeGoodWhatActivationsTake() {
    Initialiser.VarianceScaling glorot = Initialiser.glorot(Distribution.NORMAL);
    assertEquals(1, glorot.gain());
    assertEquals(2, glorot.forRelu().gain());
    assertEquals(25.0 / 9, glorot.forTanh().gain());
    assertEquals(2 / 1.04, glorot.forLeakyRelu(0.2).gain());
    assertEquals(1, Initialiser.he(Distribution.NORMAL).forLinear().gain());
    double[] tanh = sample(glorot.forTanh(), Role.DENSE_WEIGHT, DENSE);
    assertVariance(2.0 / 400 * 25 / 9, tanh, 3);
  }

  @Test
  void pytorchFillsOneByTheRootOfTheInputs() {
    double[] dense = sample(Initialiser.pytorch(), Role.DENSE_WEIGHT, DENSE);
    assertVariance(1.0 / 900, dense, 1.8);
    double largest = Arrays.stream(dense).map(Math::abs).max().orElseThrow();
    assertEquals(1 / Math.sqrt(300), largest, 1e-3 / Math.sqrt(300));
    // Of a transposed convolution, the inputs come first.
    double[] kernel = sample(Initialiser.pytorch(), Role.TRANSPOSED_CONV_KERNEL, KERNEL);
    assertVariance(1.0 / (3 * 48 * 15), kernel, 1.8);
  }

  @Test
  void ofGivenSizes() {
    assertArrayEquals(new double[] {2.5, 2.5}, sample(Initialiser.constant(2.5), Role.OTHER, 2));
    assertArrayEquals(new double[3], sample(Initialiser.zeros(), Role.BIAS, 3));
    assertVariance(0.04, sample(Initialiser.normal(0.2), Role.OTHER, DENSE), 3);
    assertVariance(0.03, sample(Initialiser.uniform(0.3), Role.OTHER, DENSE), 1.8);
  }

  @Test
  void refusesWhatHasNoFan() {
    Initialiser he = Initialiser.he(Distribution.NORMAL);
    ArgumentException bias = assertThrows(ArgumentException.class, () -> sample(he, Role.BIAS, 10));
    assertEquals("BIAS", bias.got());
    ShapeException rank =
        assertThrows(ShapeException.class, () -> sample(he, Role.CONV_KERNEL, 10, 3));
    assertEquals("[10, 3]", rank.got());
  }
}
