package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vectors at addresses in memory, unchecked: a loop checks its range once, before it begins.
 *
 * <p>Going through one segment that is all of memory is more than fast. What a segment's access
 * checks (its class, its arena's owner) the compiler takes out of loops by what it saw anywhere in
 * the program: where arenas of one thread prevailed, a loop over other memory failed that check,
 * was thrown away, compiled the same way again, and ran interpreted in between. Of a constant
 * segment nothing is left to check.
 */
public final class VectorMemory {
  static final VectorSpecies<Float> SPECIES = VectorWidth.FLOATS;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = all();

  /** No address and no size is larger. */
  private static final long KNOWN = Long.MAX_VALUE >> 2;

  private VectorMemory() {}

  @SuppressWarnings("restricted")
  private static MemorySegment all() {
    return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  }

  /**
   * Where a range of native memory begins.
   *
   * @throws IndexOutOfBoundsException if the segment does not have it
   * @throws IllegalArgumentException if the segment is an array
   */
  public static long address(MemorySegment segment, long at, long bytes) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException("an array has no address: " + segment);
    }
    // A slice would check the same, and be an object.
    return segment.address() + Objects.checkFromIndexSize(at, bytes, segment.byteSize());
  }

  /**
   * The same address or number of bytes. What the compiler does not know of it is told by this: it
   * is not negative, and so far from overflow that a sum of two is in bounds. A loop whose
   * addresses are such sums checks nothing, neither within nor, for each access, before it begins.
   */
  public static long known(long number) {
    return number & KNOWN;
  }

  static FloatVector load(long address) {
    return load(SPECIES, address);
  }

  public static FloatVector load(VectorSpecies<Float> species, long address) {
    return FloatVector.fromMemorySegment(species, ALL, address, ORDER);
  }

  /** The lanes of a mask; 0 in others, whose memory is not touched. */
  public static FloatVector load(long address, VectorMask<Float> mask) {
    return load(SPECIES, address, mask);
  }

  /** The lanes of a mask; 0 in others, whose memory is not touched. */
  public static FloatVector load(
      VectorSpecies<Float> species, long address, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(species, ALL, address, ORDER, mask);
  }

  public static void store(FloatVector value, long address) {
    value.intoMemorySegment(ALL, address, ORDER);
  }

  /** The lanes of a mask; the memory of others is not touched. */
  public static void store(FloatVector value, long address, VectorMask<Float> mask) {
    value.intoMemorySegment(ALL, address, ORDER, mask);
  }

  /** A float in all lanes. */
  static FloatVector broadcast(long address) {
    return FloatVector.broadcast(SPECIES, get(address));
  }

  static float get(long address) {
    return ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, address);
  }

  static void set(long address, float value) {
    ALL.set(ValueLayout.JAVA_FLOAT_UNALIGNED, address, value);
  }

  static void copy(long from, long to, long bytes) {
    MemorySegment.copy(ALL, from, ALL, to, bytes);
  }
}
