package org.hypergrad.kernels;

/**
 * A block of a device's memory, from its pool to its pool. Its owner closes it when the last work
 * that uses it is queued, which may be long before that work runs: the pool gives it to nobody who
 * could come before.
 */
public final class DeviceMemory implements AutoCloseable {
  private final DevicePool pool;
  private final CudaStream stream;
  private final String purpose;
  private final long address;
  private final long bytes;
  private final long capacity;
  private final DeviceReserve reserve;
  private boolean released;

  DeviceMemory(
      DevicePool pool,
      CudaStream stream,
      String purpose,
      long address,
      long bytes,
      long capacity,
      DeviceReserve reserve) {
    this.pool = pool;
    this.stream = stream;
    this.purpose = purpose;
    this.address = address;
    this.bytes = bytes;
    this.capacity = capacity;
    this.reserve = reserve;
  }

  /**
   * Its address on the device, aligned to 256 bytes; no address of this process.
   *
   * @throws CudaException if it was given back
   */
  public long address() {
    if (released) {
      throw new CudaException("address", CudaException.REFUSED, this + " was given back already");
    }
    return address;
  }

  /** Bytes asked for. */
  public long bytes() {
    return bytes;
  }

  /** The stream on which it was asked for. */
  public CudaStream stream() {
    return stream;
  }

  /** Gives it back after what is queued on the stream on which it was asked for. */
  @Override
  public void close() {
    pool.release(this, stream);
  }

  DevicePool pool() {
    return pool;
  }

  /** Bytes that it holds. */
  long capacity() {
    return capacity;
  }

  /** Whether its stream is captured now, and it was taken since that began. */
  public boolean isOfCapture() {
    return reserve != null && reserve == stream.reserve();
  }

  /** What it was taken from, or null if it was not taken for a capture. */
  DeviceReserve reserve() {
    return reserve;
  }

  String purpose() {
    return purpose;
  }

  boolean isReleased() {
    return released;
  }

  void markReleased() {
    released = true;
  }

  @Override
  public String toString() {
    return purpose + " (" + bytes + " bytes at 0x" + Long.toHexString(address) + ")";
  }
}
