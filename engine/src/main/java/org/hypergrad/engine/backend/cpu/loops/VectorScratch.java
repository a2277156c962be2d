package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What {@link VectorMap} works in: copies of two chunks, sums of products, and mapped rows. */
final class VectorScratch implements MapLoops.Scratch {
  final MemorySegment x;
  final MemorySegment y;

  /** For each of the positions that are worked on together and the squares, for each lane. */
  final float[] sums;

  private final MemorySegment mapped;

  /** With so many bytes in a copy, sums, and bytes of mapped rows. */
  VectorScratch(long copied, int sums, long mapped) {
    x = Arena.ofAuto().allocate(copied, 64);
    y = Arena.ofAuto().allocate(copied, 64);
    this.sums = new float[sums];
    this.mapped = Arena.ofAuto().allocate(mapped, 64);
  }

  @Override
  public MemorySegment mapped() {
    return mapped;
  }

  /** The address of what is mapped, valid as long as this is there. */
  long mappedAddress() {
    return mapped.address();
  }
}
