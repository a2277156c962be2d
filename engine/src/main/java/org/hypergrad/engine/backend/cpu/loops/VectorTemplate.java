package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.ref.Reference;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loop of a vector function, as a template: {@link VectorLoops} defines this class anew for
 * each function, as a hidden class that finds the function in its class data. So every copy of the
 * loop has one function, which is a constant for the compiler and becomes part of the loop; a loop
 * shared by all functions would call them through an interface and box every vector.
 *
 * <p>The last, incomplete vector goes through the same function under a mask, so that an element's
 * bits do not depend on where a run ends.
 */
final class VectorTemplate implements FloatLoop {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.FLOATS;
  private static final Data DATA = data();
  private static final VectorFunction FUNCTION = DATA.function();
  private static final int OPERANDS = DATA.operands();

  /** What a copy of this class is made for. */
  record Data(VectorFunction function, int operands) {}

  private static Data data() {
    try {
      return MethodHandles.classData(MethodHandles.lookup(), "_", Data.class);
    } catch (IllegalAccessException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public void run(
      MemorySegment[] segments, long[] at, boolean[] repeated, long count, float a, float b) {
    long bytes = count * Float.BYTES;
    long out = address(0, segments, at, repeated, bytes);
    long one = address(1, segments, at, repeated, bytes);
    long two = OPERANDS > 1 ? address(2, segments, at, repeated, bytes) : 0;
    long three = OPERANDS > 2 ? address(3, segments, at, repeated, bytes) : 0;
    FloatVector x = repeated[1] ? element(segments[1], at[1]) : null;
    FloatVector y = OPERANDS > 1 && repeated[2] ? element(segments[2], at[2]) : null;
    FloatVector z = OPERANDS > 2 && repeated[3] ? element(segments[3], at[3]) : null;
    long whole = VectorMemory.known(bytes - bytes % SPECIES.vectorByteSize());
    for (long i = 0; i < whole; i += SPECIES.vectorByteSize()) {
      FloatVector result =
          FUNCTION.of(
              x != null ? x : VectorMemory.load(one + i),
              OPERANDS < 2 ? null : y != null ? y : VectorMemory.load(two + i),
              OPERANDS < 3 ? null : z != null ? z : VectorMemory.load(three + i),
              a,
              b);
      VectorMemory.store(result, out + i);
    }
    if (whole < bytes) {
      VectorMask<Float> rest = SPECIES.indexInRange(whole / Float.BYTES, count);
      FloatVector result =
          FUNCTION.of(
              x != null ? x : VectorMemory.load(one + whole, rest),
              OPERANDS < 2 ? null : y != null ? y : VectorMemory.load(two + whole, rest),
              OPERANDS < 3 ? null : z != null ? z : VectorMemory.load(three + whole, rest),
              a,
              b);
      VectorMemory.store(result, out + whole, rest);
    }
    Reference.reachabilityFence(segments);
  }

  private static long address(
      int operand, MemorySegment[] segments, long[] at, boolean[] repeated, long bytes) {
    long own = repeated[operand] ? Float.BYTES : bytes;
    long address = VectorMemory.address(segments[operand], at[operand] * Float.BYTES, own);
    return VectorMemory.known(address);
  }

  private static FloatVector element(MemorySegment segment, long at) {
    return FloatVector.broadcast(SPECIES, segment.getAtIndex(ValueLayout.JAVA_FLOAT, at));
  }
}
