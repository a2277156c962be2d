package org.hypergrad.bench.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/** A copy of memory by all cores, of more than caches hold. */
final class CopyLoop implements Case {
  static final long BYTES = 1L << 28;

  private static final int SHARES = 64;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment from = arena.allocate(BYTES, Float.BYTES);
  private final MemorySegment to = arena.allocate(BYTES, Float.BYTES);

  CopyLoop() {
    // Pages that were never written would all be one page of zeros, in the cache throughout.
    from.fill((byte) 1);
  }

  @Override
  public void run() {
    IntStream.range(0, SHARES).parallel().forEach(this::share);
  }

  private void share(int share) {
    long size = BYTES / SHARES;
    MemorySegment.copy(from, share * size, to, share * size, size);
  }

  @Override
  public void close() {
    arena.close();
  }
}
