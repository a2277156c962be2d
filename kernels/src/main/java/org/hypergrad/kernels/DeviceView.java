package org.hypergrad.kernels;

import jcuda.Pointer;

/**
 * A place within a block of a device's memory.
 *
 * @param memory the block
 * @param byteOffset where in it
 */
public record DeviceView(DeviceMemory memory, long byteOffset) {
  /** The start of a block. */
  public static DeviceView of(DeviceMemory memory) {
    return new DeviceView(memory, 0);
  }

  /**
   * Its address, for a call that touches this many bytes from there on.
   *
   * @throws CudaLibraryException if it is memory of another context, or has fewer bytes
   */
  Pointer pointer(CudaContext context, String call, String role, long bytes, Object shapes) {
    if (memory.pool() != context.memory()) {
      throw refuse(call, role, "is memory of another context", shapes);
    }
    if (byteOffset < 0 || byteOffset > memory.bytes() - bytes) {
      throw refuse(call, role, "has too few bytes; expected " + bytes, shapes);
    }
    return new Driver.Address(memory.address() + byteOffset);
  }

  private CudaLibraryException refuse(String call, String role, String problem, Object shapes) {
    return new CudaLibraryException(
        call,
        CudaException.REFUSED,
        LibraryWork.of(shapes),
        role + " " + problem + "; got " + memory + " + " + byteOffset);
  }
}
