package org.hypergrad.engine.backend.cpu.loops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.Keeps;
import org.hypergrad.engine.op.UnaryKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The loops, vector and plain, beside the definitions in double. */
class FloatLoopsTest {
  private static final float[] EDGES = {
    Float.NEGATIVE_INFINITY,
    -Float.MAX_VALUE,
    -200,
    -104,
    -89,
    -20,
    -1,
    -0.5f,
    -1e-20f,
    -1e-40f,
    -0f,
    0f,
    1e-45f,
    1e-40f,
    Float.MIN_NORMAL,
    1e-20f,
    1e-4f,
    0.5f,
    1,
    2,
    20,
    21,
    88.7f,
    89,
    200,
    Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NaN
  };

  /** Definition of a function of up to three operands. */
  @FunctionalInterface
  interface Definition {
    double of(double x, double y, double z);
  }

  /**
   * A loop and what it should compute.
   *
   * @param ulps error allowed relative to the result, in units of its last place
   * @param scale error allowed relative to the operands, in units of 2^-24 of the largest or of 1
   */
  record Subject(
      String name,
      FloatLoop loop,
      int operands,
      double a,
      double ulps,
      double scale,
      Definition f) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Subject> subjects() {
    List<Subject> subjects = new ArrayList<>();
    for (FloatLoops loops : List.of(new PlainLoops(), new VectorLoops())) {
      String by = loops instanceof PlainLoops ? "plain " : "vector ";
      for (UnaryKind kind : UnaryKind.values()) {
        double a = kind == UnaryKind.CLAMP ? -0.75 : kind == UnaryKind.POW ? 3 : 0.25;
        subjects.add(
            new Subject(
                by + kind,
                loops.unary(kind),
                1,
                a,
                4,
                cancels(kind) ? 8 : 0,
                (x, y, z) -> kind.value(x, a, 0.5)));
        boolean input = kind.keeps() == Keeps.INPUT;
        subjects.add(
            new Subject(
                by + kind + " gradient",
                loops.unaryGradient(kind),
                2,
                a,
                4,
                cancels(kind) || kind == UnaryKind.TANH || kind == UnaryKind.SIGMOID ? 16 : 0,
                (dy, kept, z) ->
                    input
                        ? kind.gradient(dy, kept, Double.NaN, a, 0.5)
                        : kind.gradient(dy, Double.NaN, kept, a, 0.5)));
      }
      for (BinaryKind kind : BinaryKind.values()) {
        boolean cancels = kind == BinaryKind.BINARY_CROSS_ENTROPY || squares(kind);
        subjects.add(
            new Subject(
                by + kind,
                loops.binary(kind),
                2,
                0,
                4,
                cancels ? 8 : 0,
                (x, y, z) -> kind.value(x, y)));
        for (boolean second : new boolean[] {false, true}) {
          subjects.add(
              new Subject(
                  by + kind + (second ? " gradient y" : " gradient x"),
                  loops.binaryGradient(kind, second),
                  3,
                  0,
                  6,
                  cancels ? 16 : 0,
                  (dz, x, y) -> second ? kind.gradientY(dz, x, y) : kind.gradientX(dz, x, y)));
        }
      }
    }
    return subjects.stream();
  }

  private static boolean cancels(UnaryKind kind) {
    return kind == UnaryKind.GELU || kind == UnaryKind.GELU_TANH;
  }

  private static boolean squares(BinaryKind kind) {
    return kind == BinaryKind.SQUARED_DIFFERENCE;
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void computesTheDefinitionOfOrdinaryNumbers(Subject subject) {
    Random random = new Random(7);
    float[][] operands = new float[3][5000];
    for (float[] operand : operands) {
      for (int i = 0; i < operand.length; i++) {
        operand[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(4) - 2));
      }
    }
    float[] result = run(subject, operands, 5000);
    for (int i = 0; i < result.length; i++) {
      float x = operands[0][i];
      float y = operands[1][i];
      float z = operands[2][i];
      double expected = subject.f().of(x, y, z);
      double size = Math.max(1, Math.max(Math.abs(x), Math.max(Math.abs(y), Math.abs(z))));
      double scaled = subject.scale() * Math.pow(2, -24) * size * size;
      assertClose(subject, expected, result[i], scaled, x + ", " + y + ", " + z);
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void edgeValuesAreThoseOfTheDefinition(Subject subject) {
    int n = EDGES.length;
    int count = subject.operands() == 1 ? n : subject.operands() == 2 ? n * n : n * n * n;
    float[][] operands = new float[3][count];
    for (int i = 0; i < count; i++) {
      operands[0][i] = EDGES[i % n];
      operands[1][i] = EDGES[i / n % n];
      operands[2][i] = EDGES[i / n / n % n];
    }
    float[] result = run(subject, operands, count);
    for (int i = 0; i < count; i++) {
      float x = operands[0][i];
      float y = operands[1][i];
      float z = operands[2][i];
      double expected = subject.f().of(x, y, z);
      String at = x + ", " + y + ", " + z;
      if (subject.operands() == 1 && subject.scale() == 0) {
        assertClose(subject, expected, result[i], 0, at);
      } else if (moderate(x) && moderate(y) && moderate(z)) {
        // Products of huge or tiny numbers leave float's range on the way where double's do not.
        double scaled = subject.scale() * Math.pow(2, -24) * 16;
        assertClose(subject, expected, result[i], scaled, at);
      }
    }
  }

  private static boolean moderate(float x) {
    float size = Math.abs(x);
    return !Float.isFinite(x) || size == 0 || (size >= 1e-4f && size <= 2);
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void anElementDoesNotDependOnItsPlaceOrTheLength(Subject subject) {
    Random random = new Random(3);
    float[][] operands = new float[3][70];
    for (float[] operand : operands) {
      for (int i = 0; i < operand.length; i++) {
        operand[i] = (float) random.nextGaussian();
      }
    }
    float[] whole = run(subject, operands, 70);
    for (int length = 0; length <= 70; length++) {
      float[] head = run(subject, operands, length);
      assertArrayEquals(bits(Arrays.copyOf(whole, length)), bits(head), "length " + length);
      float[][] tails = new float[3][];
      for (int k = 0; k < 3; k++) {
        tails[k] = Arrays.copyOfRange(operands[k], 70 - length, 70);
      }
      float[] tail = run(subject, tails, length);
      assertArrayEquals(bits(Arrays.copyOfRange(whole, 70 - length, 70)), bits(tail));
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void compilationChangesNoBit(Subject subject) {
    Random random = new Random(5);
    float[][] operands = new float[3][2048];
    for (float[] operand : operands) {
      for (int i = 0; i < operand.length; i++) {
        operand[i] = (float) (3 * random.nextGaussian());
      }
    }
    float[] first = run(subject, operands, 2048);
    for (int i = 0; i < 300; i++) {
      assertArrayEquals(bits(first), bits(run(subject, operands, 2048)), "run " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void repeatsAnOperand(Subject subject) {
    float[][] operands = {{0.3f, -1.2f, 2.5f}, {0.7f, -0.4f, 1.1f}, {1.9f, 0.2f, -0.6f}};
    for (int repeats = 0; repeats < 1 << subject.operands(); repeats++) {
      MemorySegment[] segments = segments(operands, 3, subject.operands());
      boolean[] repeated = new boolean[4];
      float[][] spread = new float[3][3];
      for (int k = 0; k < 3; k++) {
        repeated[k + 1] = (repeats >> k & 1) != 0;
        for (int i = 0; i < 3; i++) {
          spread[k][i] = operands[k][repeated[k + 1] ? 0 : i];
        }
      }
      subject.loop().run(segments, new long[4], repeated, 3, (float) subject.a(), 0.5f);
      assertArrayEquals(bits(run(subject, spread, 3)), bits(floats(segments[0])));
    }
  }

  private static void assertClose(
      Subject subject, double expected, float actual, double scaled, String at) {
    if (!Float.isFinite((float) expected)) {
      assertEquals((float) expected, actual, at);
      return;
    }
    double tolerance = subject.ulps() * Math.ulp((float) expected) + scaled;
    assertTrue(
        Math.abs(expected - actual) <= tolerance,
        () -> subject + " of " + at + ": expected " + expected + ", got " + actual);
  }

  private static float[] run(Subject subject, float[][] operands, int count) {
    MemorySegment[] segments = segments(operands, count, subject.operands());
    long[] at = new long[segments.length];
    boolean[] repeated = new boolean[segments.length];
    subject.loop().run(segments, at, repeated, count, (float) subject.a(), 0.5f);
    return floats(segments[0]);
  }

  private static MemorySegment[] segments(float[][] operands, int count, int used) {
    MemorySegment[] segments = new MemorySegment[used + 1];
    segments[0] = Arena.ofAuto().allocate((long) count * Float.BYTES, Float.BYTES);
    for (int k = 0; k < used; k++) {
      segments[k + 1] = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, operands[k]);
    }
    return segments;
  }

  private static float[] floats(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_FLOAT);
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToIntBits(values[i]));
    return bits;
  }
}
