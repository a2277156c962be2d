package org.hypergrad.engine;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.hypergrad.engine.memory.MemoryPool;

/**
 * One block of memory, shared by a tensor, its views and what the tape keeps of it; goes back to
 * its pool with the last of them. The version counts changes in place, so that the tape notices
 * when a value it kept is no longer the value it was.
 */
final class Storage {
  private final MemoryPool pool;
  private final MemorySegment block;
  private final MemorySegment segment;
  private final AtomicInteger holders = new AtomicInteger(1);
  private volatile int version;

  Storage(MemoryPool pool, String op, long bytes) {
    this.pool = pool;
    this.block = pool.allocate(op, bytes);
    this.segment = block.byteSize() == bytes ? block : block.asSlice(0, bytes);
  }

  MemorySegment segment() {
    return segment;
  }

  void retain() {
    holders.incrementAndGet();
  }

  void release() {
    if (holders.decrementAndGet() == 0) {
      pool.release(block);
    }
  }

  /** Whether just one tensor holds this block, so that nobody else can see a change. */
  boolean isExclusive() {
    return holders.get() == 1;
  }

  int version() {
    return version;
  }

  /** Changes in place are not for several threads at once, so that a plain increment does. */
  @SuppressWarnings("NonAtomicOperationOnVolatileField")
  void changed() {
    version++;
  }
}
