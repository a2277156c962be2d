package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What {@link VectorMap} works in: copies of two chunks, sums of products, and mapped rows. */
final class VectorScratch implements MapLoops.Scratch {
  final MemorySegment x;
  final MemorySegment y;

  /** Of products over the rows of one chunk. */
  final MemorySegment sums;

  /** Of those. */
  final double[] totals;

  private final MemorySegment mapped;
  private final MemorySegment factors;
  private float[] copiedFactors;

  /** With so many bytes in a copy, sums, totals, bytes of mapped rows, and factors of a map. */
  VectorScratch(long copied, int sums, int totals, long mapped, long factors) {
    x = Arena.ofAuto().allocate(copied, 64);
    y = Arena.ofAuto().allocate(copied, 64);
    this.sums = Arena.ofAuto().allocate((long) sums * Float.BYTES, 64);
    this.totals = new double[totals];
    this.mapped = Arena.ofAuto().allocate(mapped, 64);
    this.factors = Arena.ofAuto().allocate(factors * Float.BYTES, 64);
  }

  @Override
  public MemorySegment mapped() {
    return mapped;
  }

  /**
   * The address of a map's factors, which are copied if they are not those of last time. From an
   * array they could come just as fast; but what no store in a loop can change, the compiler may
   * load in each turn anew, as an operand of what uses it.
   */
  long factorsAddress(float[] spread) {
    if (copiedFactors != spread) {
      MemorySegment.copy(spread, 0, factors, ValueLayout.JAVA_FLOAT, 0, spread.length);
      copiedFactors = spread;
    }
    return factors.address();
  }

  /** The address of what is mapped, valid as long as this is there. */
  long mappedAddress() {
    return mapped.address();
  }
}
