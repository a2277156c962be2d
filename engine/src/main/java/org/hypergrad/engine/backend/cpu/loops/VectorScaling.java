package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;

/** The loops for rows of one float, whose map is a number, as for kernels of 1 x 1. */
final class VectorScaling implements MapLoops {
  /** Floats of a chunk, as {@link VectorMap} has it. */
  private static final int CHUNK = 3072;

  @Override
  public Scratch newScratch() {
    long chunk = (long) CHUNK * Float.BYTES;
    return new VectorScratch(chunk, 0, 0, chunk, 0);
  }

  @Override
  public int rowsAtOnce() {
    return CHUNK;
  }

  private static long address(Rows rows, long from, int count, MemorySegment copy) {
    long bytes = (long) count * Float.BYTES;
    return VectorRows.address(rows, from * Float.BYTES, bytes, 0, copy, false);
  }

  @Override
  public double squares(Rows g, long from, int rows, Scratch scratch) {
    double squares = 0;
    for (int done = 0; done < rows; done += CHUNK) {
      int some = Math.min(CHUNK, rows - done);
      long gs = address(g, from + done, some, ((VectorScratch) scratch).x);
      squares += VectorRows.product(gs, gs, (long) some * Float.BYTES);
    }
    return squares;
  }

  @Override
  public double products(Rows g, Rows p, long from, int rows, double[] sums, Scratch scratch) {
    VectorScratch own = (VectorScratch) scratch;
    double squares = 0;
    for (int done = 0; done < rows; done += CHUNK) {
      int some = Math.min(CHUNK, rows - done);
      long bytes = (long) some * Float.BYTES;
      long gs = address(g, from + done, some, own.x);
      squares += VectorRows.product(gs, gs, bytes);
      sums[0] += VectorRows.product(gs, address(p, from + done, some, own.y), bytes);
    }
    return squares;
  }

  @Override
  public float[] spread(double[] map) {
    return new float[] {(float) map[0]};
  }

  @Override
  public void map(Rows g, long from, int rows, float[] spread, Rows copy, Scratch scratch) {
    VectorScratch own = (VectorScratch) scratch;
    long bytes = (long) rows * Float.BYTES;
    long x = address(g, from, rows, own.x);
    VectorRows.scale(x, spread[0], own.mappedAddress(), bytes);
    if (copy != null) {
      long at = copy.at() + from * Float.BYTES;
      VectorMemory.copy(x, VectorMemory.address(copy.segment(), at, bytes), bytes);
    }
  }
}
