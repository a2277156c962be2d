package org.hypergrad.engine.memory;

import java.lang.foreign.MemorySegment;

/** Where a pool gets its blocks from: the C heap here, a device's memory elsewhere. */
public interface MemorySource {
  /** What the memory is, for messages: {@code host}, {@code cuda:0}. */
  String name();

  /**
   * A block of this many bytes, aligned to at least 64, its content undefined; or {@link
   * MemorySegment#NULL} if the system refuses.
   */
  MemorySegment allocate(long bytes);

  /** Gives a block back that {@link #allocate} returned. */
  void free(MemorySegment block);

  /** Bytes that this source can give in all: the default cap of a pool over it. */
  long capacity();
}
