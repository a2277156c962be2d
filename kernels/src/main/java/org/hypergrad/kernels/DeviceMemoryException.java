package org.hypergrad.kernels;

/** Memory of a device that cannot be had, even after the pool gave back all that it had cached. */
public final class DeviceMemoryException extends CudaException {
  private static final long serialVersionUID = 1;

  private final String device;
  private final String purpose;
  private final long requested;
  private final PoolStats stats;
  private final long free;

  DeviceMemoryException(String device, String purpose, long requested, PoolStats stats, long free) {
    super(
        "cuMemAlloc",
        "CUDA_ERROR_OUT_OF_MEMORY",
        purpose
            + ": no memory on "
            + device
            + "; got a request for "
            + requested
            + " bytes with "
            + stats.live()
            + " live, "
            + stats.cached()
            + " cached, "
            + free
            + " free on the device; expected live + requested <= "
            + stats.cap()
            + "; hint: smaller batches, or fewer values kept for backward");
    this.device = device;
    this.purpose = purpose;
    this.requested = requested;
    this.stats = stats;
    this.free = free;
  }

  public String device() {
    return device;
  }

  /** What the memory was for. */
  public String purpose() {
    return purpose;
  }

  /** Bytes asked for. */
  public long requested() {
    return requested;
  }

  /** The pool when it gave up. */
  public PoolStats stats() {
    return stats;
  }

  /** Bytes that the driver called free, whoever holds the rest. */
  public long free() {
    return free;
  }
}
