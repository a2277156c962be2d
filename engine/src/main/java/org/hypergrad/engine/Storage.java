package org.hypergrad.engine;

import java.util.concurrent.atomic.AtomicInteger;
import org.hypergrad.engine.memory.Block;
import org.hypergrad.engine.memory.Memory;

/**
 * One block of memory, shared by a tensor, its views and what the tape keeps of it; goes back to
 * its pool with the last of them. The version counts changes in place, so that the tape notices
 * when a value it kept is no longer the value it was.
 */
final class Storage {
  private final Block block;
  private final AtomicInteger holders = new AtomicInteger(1);
  private volatile int version;

  Storage(Memory memory, String op, long bytes) {
    this.block = memory.allocate(op, bytes);
  }

  Block block() {
    return block;
  }

  void retain() {
    holders.incrementAndGet();
  }

  void release() {
    if (holders.decrementAndGet() == 0) {
      block.release();
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
