package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;

/** Computes one run of consecutive output elements from up to three operands. */
@FunctionalInterface
public interface FloatLoop {
  /**
   * Element i of the run is f(operand 1, operand 2, operand 3; a, b), where operand k is {@code
   * segments[k]} at {@code at[k] + i}, or at {@code at[k]} throughout if it is repeated.
   *
   * @param segments float32 memory: the output first, then the operands
   * @param at where the run begins in each, in elements
   * @param repeated whether an operand is one element for the whole run
   * @param count length of the run
   * @param a first parameter of the function
   * @param b second parameter of the function
   */
  void run(MemorySegment[] segments, long[] at, boolean[] repeated, long count, float a, float b);
}
