package org.hypergrad.kernels;

import java.nio.charset.StandardCharsets;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/**
 * A GPU, or a simulated one.
 *
 * @param index its number at the driver
 * @param name its model
 * @param major compute capability, first number
 * @param minor compute capability, second number
 * @param memoryBytes all of its memory
 * @param limits what it allows a launch
 */
public record CudaDevice(
    int index, String name, int major, int minor, long memoryBytes, DeviceLimits limits) {
  private static final int NAME_BYTES = 256;

  /** What the kernels are compiled for, as 10 major + minor. */
  private static final int OLDEST = 75;

  /**
   * Number of devices.
   *
   * @throws CudaException if CUDA cannot run here, with the reason
   */
  public static int count() {
    Driver.start();
    int[] count = {0};
    Driver.call("cuDeviceGetCount", () -> JCudaDriver.cuDeviceGetCount(count));
    return count[0];
  }

  /**
   * The device of this number.
   *
   * @throws CudaException if there is none, or CUDA cannot run here
   */
  public static CudaDevice of(int index) {
    int count = count();
    if (index < 0 || index >= count) {
      throw new CudaException(
          "cuDeviceGet",
          CudaException.REFUSED,
          "no such device; got " + index + "; expected 0 to " + (count - 1));
    }
    CUdevice device = handle(index);
    byte[] name = new byte[NAME_BYTES];
    Driver.call("cuDeviceGetName", () -> JCudaDriver.cuDeviceGetName(name, name.length, device));
    long[] bytes = {0};
    Driver.call("cuDeviceTotalMem", () -> JCudaDriver.cuDeviceTotalMem(bytes, device));
    return new CudaDevice(
        index,
        new String(name, StandardCharsets.UTF_8).split("\0", 2)[0],
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
        bytes[0],
        limits(device));
  }

  /** Why the kernels cannot run on it; empty if they can. */
  public String problem() {
    return 10 * major + minor >= OLDEST
        ? ""
        : "the GPU is too old; got "
            + description()
            + "; expected compute capability "
            + OLDEST / 10
            + "."
            + OLDEST % 10
            + " or newer";
  }

  /** Model, compute capability and memory. */
  public String description() {
    return "%s, compute capability %d.%d, %.1f GiB"
        .formatted(name, major, minor, memoryBytes / (double) (1 << 30));
  }

  static CUdevice handle(int index) {
    CUdevice device = new CUdevice();
    Driver.call("cuDeviceGet", () -> JCudaDriver.cuDeviceGet(device, index));
    return device;
  }

  private static DeviceLimits limits(CUdevice device) {
    return new DeviceLimits(
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
        attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR));
  }

  private static int attribute(CUdevice device, int attribute) {
    int[] value = {0};
    Driver.call(
        "cuDeviceGetAttribute", () -> JCudaDriver.cuDeviceGetAttribute(value, attribute, device));
    return value[0];
  }

  /** As devices are named: {@code cuda:0}. */
  @Override
  public String toString() {
    return "cuda:" + index;
  }
}
