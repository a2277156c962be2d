package org.hypergrad.engine.memory;

/** The memory of a device: blocks, counts, a limit. Safe for use by several threads. */
public interface Memory {
  /**
   * A block of at least {@code bytes} bytes, aligned for any vector access, content undefined.
   *
   * @param op the operation that needs it, for the error
   * @throws org.hypergrad.engine.error.OutOfMemoryException if the cap or the system does not allow
   *     it, even without what is cached
   */
  Block allocate(String op, long bytes);

  /** Gives every cached block back to the system; returns the bytes. */
  long trim();

  /**
   * Sets the limit on live and cached bytes together; cached blocks are freed as far as needed.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if more than that is live
   */
  void setCap(long bytes);

  MemoryStats stats();

  /** Starts the peak anew from what is live now. */
  void resetPeak();
}
