package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What {@link VectorMap} works in: two chunks with room on both sides, and sums of products. */
final class VectorScratch implements MapLoops.Scratch {
  final float[] x;
  final float[] y;

  /** For each lane of each phase and diagonal. */
  final float[] sums;

  private final MemorySegment mapped;

  VectorScratch(int size, int sums, int mapped) {
    x = new float[size];
    y = new float[size];
    this.sums = new float[sums];
    this.mapped = Arena.ofAuto().allocate((long) mapped * Float.BYTES, 64);
  }

  @Override
  public MemorySegment mapped() {
    return mapped;
  }
}
