package org.hypergrad.kernels;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory of a graph: what is taken while a stream is captured. A block that is given back is for
 * the rest of the capture alone, as every replay writes to it again. The pool's lock guards it.
 */
final class DeviceReserve implements AutoCloseable {
  /** Takes what was free. */
  interface Heir {
    void accept(long address, long size);
  }

  private final DevicePool pool;
  private final CudaStream stream;
  private final Map<Long, ArrayDeque<Long>> free = new HashMap<>();
  private boolean open = true;

  DeviceReserve(DevicePool pool, CudaStream stream) {
    this.pool = pool;
    this.stream = stream;
  }

  CudaStream stream() {
    return stream;
  }

  boolean isOpen() {
    return open;
  }

  /** The address of a free block of a size, or 0. */
  long take(long size) {
    ArrayDeque<Long> blocks = free.get(size);
    return blocks == null || blocks.isEmpty() ? 0 : blocks.removeLast();
  }

  void give(long size, long address) {
    free.computeIfAbsent(size, s -> new ArrayDeque<>()).addLast(address);
  }

  /** Ends the reserve. */
  void drain(Heir heir) {
    open = false;
    free.forEach((size, blocks) -> blocks.forEach(address -> heir.accept(address, size)));
    free.clear();
  }

  /** Gives all that is free back to the pool, for what runs after all replays. */
  @Override
  public void close() {
    pool.retire(this);
  }
}
