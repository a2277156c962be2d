package org.hypergrad.engine;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.hypergrad.engine.memory.Block;
import org.hypergrad.engine.memory.Memory;

/**
 * One block of memory, shared by a tensor, its views and what the tape keeps of it; goes back to
 * its pool with the last of them. The version counts changes in place, so that the tape notices
 * when a value it kept is no longer the value it was.
 */
final class Storage {
  /** There is a storage for each result of an op: a counter of its own would be one more object. */
  private static final AtomicIntegerFieldUpdater<Storage> HOLDERS =
      AtomicIntegerFieldUpdater.newUpdater(Storage.class, "holders");

  private final Block block;
  private volatile int holders = 1;
  private volatile int version;

  Storage(Memory memory, String op, long bytes) {
    this.block = memory.allocate(op, bytes);
  }

  Block block() {
    return block;
  }

  void retain() {
    HOLDERS.incrementAndGet(this);
  }

  void release() {
    if (HOLDERS.decrementAndGet(this) == 0) {
      block.release();
    }
  }

  /** Whether just one tensor holds this block, so that nobody else can see a change. */
  boolean isExclusive() {
    return holders == 1;
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
