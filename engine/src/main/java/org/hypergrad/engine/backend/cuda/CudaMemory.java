package org.hypergrad.engine.backend.cuda;

import java.lang.foreign.MemorySegment;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.engine.error.NativeException;
import org.hypergrad.engine.error.OutOfMemoryException;
import org.hypergrad.engine.memory.Block;
import org.hypergrad.engine.memory.Memory;
import org.hypergrad.engine.memory.MemoryStats;
import org.hypergrad.kernels.CudaException;
import org.hypergrad.kernels.CudaStream;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.DeviceMemoryException;
import org.hypergrad.kernels.DevicePool;
import org.hypergrad.kernels.PoolStats;

/** A device's pool, for work on one stream. */
final class CudaMemory implements Memory {
  private final String device;
  private final DevicePool pool;
  private final CudaStream stream;

  CudaMemory(String device, DevicePool pool, CudaStream stream) {
    this.device = device;
    this.pool = pool;
    this.stream = stream;
  }

  /** A block of device memory, as tensors hold it. */
  record CudaBlock(String device, DeviceMemory memory) implements Block {
    @Override
    public MemorySegment segment() {
      throw new DeviceException(
          "segment",
          "the host does not reach this memory",
          memory + " on " + device,
          "a tensor in the host's memory",
          "read it with toFloats(), or move it with to(device)");
    }

    @Override
    public void release() {
      memory.close();
    }
  }

  @Override
  public Block allocate(String op, long bytes) {
    return new CudaBlock(device, take(op, bytes));
  }

  /** A block for intermediate results of an op; its owner closes it. */
  DeviceMemory take(String op, long bytes) {
    try {
      return pool.allocate(op, bytes, stream);
    } catch (DeviceMemoryException refused) {
      throw failure(op, refused);
    } catch (CudaException stopped) {
      NativeException failure =
          new NativeException(op, stopped.getMessage(), bytes + " bytes of memory", "", "");
      failure.initCause(stopped);
      throw failure;
    }
  }

  /** What an op says whose memory the pool refused. */
  OutOfMemoryException failure(String op, DeviceMemoryException refused) {
    PoolStats stats = refused.stats();
    OutOfMemoryException failure =
        new OutOfMemoryException(
            op, device, refused.requested(), stats.live(), stats.cached(), stats.cap());
    failure.initCause(refused);
    return failure;
  }

  @Override
  public long trim() {
    return pool.trim();
  }

  @Override
  public void setCap(long bytes) {
    long live = pool.stats().live();
    if (bytes < live) {
      throw new ArgumentException(
          "memory cap", "below what is live", bytes + " bytes", "cap >= " + live, "");
    }
    pool.setCap(bytes);
  }

  @Override
  public MemoryStats stats() {
    PoolStats stats = pool.stats();
    return new MemoryStats(
        stats.live(), stats.liveBlocks(), stats.cached(), stats.peakLive(), stats.cap());
  }

  @Override
  public void resetPeak() {
    pool.resetPeak();
  }
}
