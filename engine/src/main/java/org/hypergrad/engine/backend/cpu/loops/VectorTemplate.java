package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
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
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
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
    MemorySegment out = segments[0];
    MemorySegment one = segments[1];
    MemorySegment two = OPERANDS > 1 ? segments[2] : null;
    MemorySegment three = OPERANDS > 2 ? segments[3] : null;
    long outAt = at[0] * 4;
    long oneAt = at[1] * 4;
    long twoAt = OPERANDS > 1 ? at[2] * 4 : 0;
    long threeAt = OPERANDS > 2 ? at[3] * 4 : 0;
    FloatVector x = repeated[1] ? element(one, oneAt) : null;
    FloatVector y = OPERANDS > 1 && repeated[2] ? element(two, twoAt) : null;
    FloatVector z = OPERANDS > 2 && repeated[3] ? element(three, threeAt) : null;
    long whole = count - count % SPECIES.length();
    for (long i = 0; i < whole; i += SPECIES.length()) {
      FUNCTION
          .of(
              x != null ? x : load(one, oneAt + i * 4),
              OPERANDS < 2 ? null : y != null ? y : load(two, twoAt + i * 4),
              OPERANDS < 3 ? null : z != null ? z : load(three, threeAt + i * 4),
              a,
              b)
          .intoMemorySegment(out, outAt + i * 4, ORDER);
    }
    if (whole < count) {
      VectorMask<Float> rest = SPECIES.indexInRange(whole, count);
      FUNCTION
          .of(
              x != null ? x : load(one, oneAt + whole * 4, rest),
              OPERANDS < 2 ? null : y != null ? y : load(two, twoAt + whole * 4, rest),
              OPERANDS < 3 ? null : z != null ? z : load(three, threeAt + whole * 4, rest),
              a,
              b)
          .intoMemorySegment(out, outAt + whole * 4, ORDER, rest);
    }
  }

  private static FloatVector element(MemorySegment segment, long at) {
    return FloatVector.broadcast(
        SPECIES, segment.get(java.lang.foreign.ValueLayout.JAVA_FLOAT, at));
  }

  private static FloatVector load(MemorySegment segment, long at) {
    return FloatVector.fromMemorySegment(SPECIES, segment, at, ORDER);
  }

  private static FloatVector load(MemorySegment segment, long at, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(SPECIES, segment, at, ORDER, mask);
  }
}
