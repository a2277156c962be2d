package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/** Loops of {@link Descend} over elements of one parameter, float32. */
public interface DescentLoops {
  /**
   * Changes {@code count} elements.
   *
   * @param segments theta, gradient, then the states by place; null where the rule has none
   * @param at byte offset of the first element in each
   */
  void run(DescentRule rule, Descend.Part part, MemorySegment[] segments, long[] at, long count);

  /** The fastest that this JVM offers. */
  static DescentLoops best() {
    return FloatLoops.best() instanceof VectorLoops ? new VectorDescent() : DescentLoops::plain;
  }

  /** The formulas of the rule, one element after another. */
  private static void plain(
      DescentRule rule, Descend.Part part, MemorySegment[] segments, long[] at, long count) {
    double[] states = new double[DescentRule.STATES];
    for (long i = 0; i < count; i++) {
      for (int s = 0; s < states.length; s++) {
        states[s] = rule.has(s) ? get(segments, at, 2 + s, i) : 0;
      }
      double theta = get(segments, at, 0, i);
      set(segments, at, 0, i, rule.next(theta, get(segments, at, 1, i), states, part));
      for (int s = 0; s < states.length; s++) {
        if (rule.has(s)) {
          set(segments, at, 2 + s, i, states[s]);
        }
      }
    }
  }

  private static double get(MemorySegment[] segments, long[] at, int operand, long i) {
    return segments[operand].get(ValueLayout.JAVA_FLOAT_UNALIGNED, at[operand] + i * Float.BYTES);
  }

  private static void set(MemorySegment[] segments, long[] at, int operand, long i, double value) {
    segments[operand].set(
        ValueLayout.JAVA_FLOAT_UNALIGNED, at[operand] + i * Float.BYTES, (float) value);
  }
}
