package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.Keeps;
import org.hypergrad.engine.op.UnaryKind;

/** The functions' own definitions in double, one element after another. */
final class PlainLoops extends FloatLoops {
  /** A function of three operands, the last of which may be unused. */
  @FunctionalInterface
  private interface Function {
    double of(double x, double y, double z, double a, double b);
  }

  private static FloatLoop loop(int operands, Function f) {
    return (segments, at, repeated, count, a, b) -> {
      for (long i = 0; i < count; i++) {
        double x = element(segments, at, repeated, 1, i);
        double y = operands > 1 ? element(segments, at, repeated, 2, i) : 0;
        double z = operands > 2 ? element(segments, at, repeated, 3, i) : 0;
        segments[0].set(ValueLayout.JAVA_FLOAT, (at[0] + i) * 4, (float) f.of(x, y, z, a, b));
      }
    };
  }

  private static float element(
      MemorySegment[] segments, long[] at, boolean[] repeated, int operand, long i) {
    long index = repeated[operand] ? at[operand] : at[operand] + i;
    return segments[operand].get(ValueLayout.JAVA_FLOAT, index * 4);
  }

  @Override
  FloatLoop makeUnary(UnaryKind kind) {
    return loop(1, (x, y, z, a, b) -> kind.value(x, a, b));
  }

  @Override
  FloatLoop makeUnaryGradient(UnaryKind kind) {
    return kind.keeps() == Keeps.OUTPUT
        ? loop(2, (dy, y, z, a, b) -> kind.gradient(dy, 0, y, a, b))
        : loop(2, (dy, x, z, a, b) -> kind.gradient(dy, x, 0, a, b));
  }

  @Override
  FloatLoop makeBinary(BinaryKind kind) {
    return loop(2, (x, y, z, a, b) -> kind.value(x, y));
  }

  @Override
  FloatLoop makeBinaryGradient(BinaryKind kind, boolean second) {
    return second
        ? loop(3, (dz, x, y, a, b) -> kind.gradientY(dz, x, y))
        : loop(3, (dz, x, y, a, b) -> kind.gradientX(dz, x, y));
  }
}
