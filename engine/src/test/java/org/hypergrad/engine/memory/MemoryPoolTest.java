package org.hypergrad.engine.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.OutOfMemoryException;
import org.junit.jupiter.api.Test;

class MemoryPoolTest {
  /** The C heap, but it refuses when told so, and counts what it gave. */
  private static final class Source implements MemorySource {
    private final HostMemory heap = new HostMemory();
    private int refusals;
    private int allocations;
    private long held;

    @Override
    public String name() {
      return "test";
    }

    @Override
    public synchronized MemorySegment allocate(long bytes) {
      if (refusals > 0) {
        refusals--;
        return MemorySegment.NULL;
      }
      allocations++;
      held += bytes;
      return heap.allocate(bytes);
    }

    @Override
    public synchronized void free(MemorySegment block) {
      held -= block.byteSize();
      heap.free(block);
    }

    @Override
    public long capacity() {
      return 1L << 40;
    }
  }

  private final Source source = new Source();
  private final MemoryPool pool = new MemoryPool(source);

  @Test
  void classesAreAtMostAQuarterLargerThanAsked() {
    assertEquals(64, MemoryPool.sizeClass(0));
    assertEquals(64, MemoryPool.sizeClass(64));
    assertEquals(128, MemoryPool.sizeClass(65));
    assertEquals(1024, MemoryPool.sizeClass(1000));
    assertEquals(1280, MemoryPool.sizeClass(1025));
    assertEquals(5L << 38, MemoryPool.sizeClass((1L << 40) + 1));
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 1000; i++) {
      long bytes = random.nextLong(512, 1L << 45);
      long size = MemoryPool.sizeClass(bytes);
      assertTrue(size >= bytes && size <= bytes + bytes / 4, bytes + " -> " + size);
      assertEquals(size, MemoryPool.sizeClass(size), "a class holds itself");
    }
  }

  @Test
  void aBlockIsAlignedCountedAndUsedAgain() {
    Block first = pool.allocate("test", 1000);
    assertEquals(0, first.segment().address() % 64);
    assertEquals(new MemoryStats(1024, 1, 0, 1024, 1L << 40), pool.stats());
    first.release();
    assertEquals(new MemoryStats(0, 0, 1024, 1024, 1L << 40), pool.stats());
    Block second = pool.allocate("test", 900);
    assertEquals(first.segment().address(), second.segment().address());
    assertEquals(1, source.allocations);
    second.release();
    assertEquals(1024, pool.trim());
    assertEquals(0, source.held);
  }

  @Test
  void aRefusalIsRetriedOnceWithoutTheCache() {
    pool.allocate("test", 4096).release();
    source.refusals = 1;
    Block block = pool.allocate("test", 100);
    assertEquals(0, pool.stats().cached(), "the cache was given back before the second try");
    block.release();
    source.refusals = 2;
    OutOfMemoryException failure =
        assertThrows(OutOfMemoryException.class, () -> pool.allocate("matmul", 1 << 20));
    assertEquals("matmul", failure.op());
    assertEquals(1 << 20, failure.requested());
    assertEquals(0, pool.stats().live());
    pool.allocate("test", 1 << 20).release();
  }

  @Test
  void theCapCountsCachedBlocksButGivesThemUpFirst() {
    pool.setCap(10_000);
    Block kept = pool.allocate("test", 4096);
    pool.allocate("test", 2048).release();
    Block fits = pool.allocate("test", 5120);
    OutOfMemoryException failure =
        assertThrows(OutOfMemoryException.class, () -> pool.allocate("add", 2048));
    assertEquals(4096 + 5120, failure.live());
    assertEquals(10_000, failure.cap());
    assertThrows(ArgumentException.class, () -> pool.setCap(9000));
    kept.release();
    fits.release();
  }

  @Test
  void onePebibyteIsRefusedWithTheSameException() {
    OutOfMemoryException failure =
        assertThrows(
            OutOfMemoryException.class,
            () -> new MemoryPool(new HostMemory()).allocate("zeros", 1L << 50));
    assertEquals(1L << 50, failure.requested());
  }

  @Test
  void whatIsHeldIsBoundedByThePeakAndNotByHistory() {
    SplittableRandom random = new SplittableRandom(2);
    List<Block> live = new ArrayList<>();
    for (int step = 0; step < 200; step++) {
      long batch = random.nextLong(1, 257);
      for (int i = 0; i < 8; i++) {
        live.add(pool.allocate("step", batch * 40_000));
      }
      live.forEach(Block::release);
      live.clear();
      MemoryStats stats = pool.stats();
      assertTrue(stats.cached() <= Math.max(stats.peakLive(), 64L << 20), stats.toString());
    }
    pool.trim();
    assertEquals(0, source.held);
  }

  @Test
  void severalThreadsNeverShareABlock() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> runs = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        byte mark = (byte) t;
        runs.add(threads.submit(() -> markAndCheck(mark)));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
    assertEquals(0, pool.stats().live());
    assertEquals(pool.stats().cached(), source.held);
  }

  private void markAndCheck(byte mark) {
    for (int i = 0; i < 2000; i++) {
      Block block = pool.allocate("test", 64 + i % 7 * 100);
      MemorySegment bytes = block.segment();
      bytes.fill(mark);
      for (long at = 0; at < bytes.byteSize(); at++) {
        assertEquals(mark, bytes.get(java.lang.foreign.ValueLayout.JAVA_BYTE, at));
      }
      block.release();
    }
  }
}
