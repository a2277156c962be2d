package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What {@link VectorMap} works in: copies of two chunks, sums of products, and mapped rows. */
final class VectorScratch implements MapLoops.Scratch {
  final MemorySegment x;
  final MemorySegment y;

  /** Of products over the rows of one chunk. */
  final float[] sums;

  /** Of those. */
  final double[] totals;

  private final MemorySegment mapped;

  /** With so many bytes in a copy, sums, totals, and bytes of mapped rows. */
  VectorScratch(long copied, int sums, int totals, long mapped) {
    x = Arena.ofAuto().allocate(copied, 64);
    y = Arena.ofAuto().allocate(copied, 64);
    this.sums = new float[sums];
    this.totals = new double[totals];
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
