package org.hypergrad.engine.backend.cpu.loops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.UnaryKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Vector loops against the definitions in double, which the plain loops compute. */
class FloatLoopsTest {
  private static final float[] SPECIAL = {
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    0f,
    -0f,
    1f,
    -1f,
    0.5f,
    -0.5f,
    2f,
    -2f,
    1e-40f,
    -1e-40f,
    1e30f,
    -1e30f,
    20f,
    20.5f,
    88f,
    90f,
    -90f,
    -104f,
    3.1415927f,
    1e-10f,
    0.7f,
    1.3f
  };

  private static final float A = 1.3f;
  private static final float B = 1.9f;

  private final FloatLoops plain = new PlainLoops();
  private final FloatLoops vector = new VectorLoops();

  private static float[] run(FloatLoop loop, int count, int shift, float[]... operands) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment[] segments = new MemorySegment[operands.length + 1];
      long[] at = new long[segments.length];
      segments[0] = arena.allocate(4L * (count + shift) + 64, 64);
      for (int k = 0; k < operands.length; k++) {
        segments[k + 1] = arena.allocate(4L * (count + shift) + 64, 64);
        MemorySegment.copy(
            operands[k], 0, segments[k + 1], ValueLayout.JAVA_FLOAT, 4L * shift, count);
      }
      java.util.Arrays.fill(at, shift);
      loop.run(segments, at, new boolean[segments.length], count, A, B);
      return segments[0].asSlice(4L * shift, 4L * count).toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static float[] numbers(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] =
          random.nextInt(3) == 0
              ? SPECIAL[random.nextInt(SPECIAL.length)]
              : (float) random.nextDouble(-8, 8);
    }
    return numbers;
  }

  /**
   * Equal NaNs and infinities; else within some units in the last place, or absolutely small where
   * terms of order 1 cancel (1 - y^2 of tanh, the error function's polynomial, sin of large x).
   */
  private static void close(float expected, float actual, String what) {
    if (Float.isNaN(expected) || Float.isInfinite(expected) || Float.isInfinite(actual)) {
      // Products near the limits of float32 overflow in float and not in double.
      boolean overflow = Math.abs(expected) > 1e38f && Float.isInfinite(actual);
      assertTrue(overflow || Float.compare(expected, actual) == 0, what(what, expected, actual));
      return;
    }
    // A power's exponent is rounded too, which the logarithm of the base, up to 70, multiplies.
    double relative = what.startsWith("POW") ? 1e-5 : 2e-6;
    double tolerance = Math.max(relative * Math.abs(expected), 2e-6);
    assertEquals(expected, actual, tolerance, what);
  }

  private static String what(String what, float expected, float actual) {
    return what + ": expected " + expected + ", got " + actual;
  }

  private static void compare(FloatLoop plain, FloatLoop vector, String name, float[]... operands) {
    int count = operands[0].length;
    float[] expected = run(plain, count, 0, operands);
    float[] actual = run(vector, count, 0, operands);
    for (int i = 0; i < count; i++) {
      StringBuilder at = new StringBuilder(name);
      for (float[] operand : operands) {
        at.append(' ').append(operand[i]);
      }
      close(expected[i], actual[i], at.toString());
    }
  }

  @ParameterizedTest
  @EnumSource
  void unaryFunctions(UnaryKind kind) {
    compare(plain.unary(kind), vector.unary(kind), kind.name(), numbers(3001, 1));
    // The gradient's operands are dy and what was kept: of x, or a value that y can have.
    float[] x = numbers(3001, 2);
    float[] y = run(plain.unary(kind), x.length, 0, x);
    float[] kept = kind.keeps() == org.hypergrad.engine.op.Keeps.OUTPUT ? y : x;
    float[] dy = new float[x.length];
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < dy.length; i++) {
      dy[i] = (float) random.nextDouble(-2, 2);
    }
    compare(plain.unaryGradient(kind), vector.unaryGradient(kind), kind + " gradient", dy, kept);
  }

  @ParameterizedTest
  @EnumSource
  void binaryFunctions(BinaryKind kind) {
    float[] x = numbers(3001, 4);
    float[] y = numbers(3001, 5);
    for (int i = 0; i < y.length; i++) {
      // float32 rounds a tiny exponent less 1 to the whole number -1, double does not.
      boolean tiny = kind == BinaryKind.POW && y[i] != 0 && Math.abs(y[i]) < 1e-6;
      y[i] = tiny ? 0.25f : y[i];
    }
    float[] dz = new float[x.length];
    java.util.Arrays.fill(dz, 1.5f);
    compare(plain.binary(kind), vector.binary(kind), kind.name(), x, y);
    for (boolean second : new boolean[] {false, true}) {
      compare(
          plain.binaryGradient(kind, second),
          vector.binaryGradient(kind, second),
          kind + " gradient " + second,
          dz,
          x,
          y);
    }
  }

  @ParameterizedTest
  @EnumSource
  void bitsDependNeitherOnLengthNorOnPlace(UnaryKind kind) {
    float[] x = numbers(70, 6);
    float[] whole = run(vector.unary(kind), x.length, 0, x);
    for (int count = 0; count <= x.length; count++) {
      for (int shift : new int[] {0, 1, 5}) {
        assertArrayEquals(
            java.util.Arrays.copyOf(whole, count),
            run(vector.unary(kind), count, shift, java.util.Arrays.copyOf(x, count)),
            0f,
            kind + " of " + count + " at " + shift);
      }
    }
  }
}
