package org.hypergrad.engine.memory;

import java.lang.foreign.MemorySegment;

/** A block of a device's memory, from {@link Memory#allocate} until {@link #release}. */
public interface Block {
  /**
   * The bytes asked for, as this process reads and writes them.
   *
   * @throws org.hypergrad.engine.error.DeviceException if the host cannot reach this memory
   */
  MemorySegment segment();

  /** Gives the block back; nobody uses it any more. */
  void release();
}
