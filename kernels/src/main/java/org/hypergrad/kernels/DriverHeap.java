package org.hypergrad.kernels;

import jcuda.driver.JCudaDriver;

/** The memory of a real device. */
final class DriverHeap implements DeviceHeap {
  private final CudaContext context;

  DriverHeap(CudaContext context) {
    this.context = context;
  }

  @Override
  public String name() {
    return context.toString();
  }

  @Override
  public long allocate(long bytes) {
    Driver.DeviceAddress address = new Driver.DeviceAddress();
    try {
      context.call("cuMemAlloc", () -> JCudaDriver.cuMemAlloc(address, bytes));
    } catch (CudaException failure) {
      if (failure.status().equals("CUDA_ERROR_OUT_OF_MEMORY")) {
        return 0;
      }
      throw failure;
    }
    return address.value();
  }

  @Override
  public void free(long address) {
    context.call("cuMemFree", () -> JCudaDriver.cuMemFree(new Driver.DeviceAddress(address)));
  }

  @Override
  public void fill(long address, byte value, long bytes, CudaStream stream) {
    context.call(
        "cuMemsetD8Async",
        () ->
            JCudaDriver.cuMemsetD8Async(
                new Driver.DeviceAddress(address), value, bytes, stream.handle()));
  }

  @Override
  public void order(CudaStream before, CudaStream after) {
    try (CudaEvent event = context.newEvent()) {
      before.record(event);
      after.waitFor(event);
    }
  }

  @Override
  public void settle() {
    context.synchronize();
  }

  @Override
  public boolean isStopped() {
    return context.isStopped();
  }

  @Override
  public long free() {
    long[] free = {0};
    long[] total = {0};
    context.call("cuMemGetInfo", () -> JCudaDriver.cuMemGetInfo(free, total));
    return free[0];
  }

  @Override
  public long capacity() {
    return context.device().memoryBytes();
  }
}
