package org.hypergrad.kernels;

import java.util.Set;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * The start of the CUDA driver in this process, and how a failed call becomes an exception. Loading
 * is tried at first use and not in a static block, so that a machine without CUDA gets its reason
 * every time it asks.
 */
final class Driver {
  /** Faults after which the driver answers nothing but the same again until the process ends. */
  private static final Set<String> STICKY =
      Set.of(
          "CUDA_ERROR_ILLEGAL_ADDRESS",
          "CUDA_ERROR_LAUNCH_TIMEOUT",
          "CUDA_ERROR_ASSERT",
          "CUDA_ERROR_HARDWARE_STACK_ERROR",
          "CUDA_ERROR_ILLEGAL_INSTRUCTION",
          "CUDA_ERROR_MISALIGNED_ADDRESS",
          "CUDA_ERROR_INVALID_ADDRESS_SPACE",
          "CUDA_ERROR_INVALID_PC",
          "CUDA_ERROR_LAUNCH_FAILED",
          "CUDA_ERROR_ECC_UNCORRECTABLE");

  private static boolean started;

  private Driver() {}

  /** A call of the driver; JCuda throws if its status is not 0. */
  interface Call {
    int run();
  }

  /** An address, here or on the device, as JCuda wants it. */
  static final class Address extends Pointer {
    Address(long address) {
      super(address);
    }
  }

  /** An address on the device, as the driver's own calls want it. */
  static final class DeviceAddress extends CUdeviceptr {
    DeviceAddress() {}

    DeviceAddress(long address) {
      super(new CUdeviceptr(), address);
    }

    long value() {
      return getNativePointer() + getByteOffset();
    }
  }

  /**
   * Loads the driver, or the simulator if it was asked for, and JCuda's natives.
   *
   * @throws CudaException if CUDA cannot run here, with the reason
   */
  static synchronized void start() {
    if (started) {
      return;
    }
    SimulatedDriver.loadIfNamed();
    CudaDriver driver = CudaDriver.probe();
    if (!driver.problem().isEmpty()) {
      throw new CudaException("cuInit", CudaException.REFUSED, driver.problem());
    }
    try {
      JCudaDriver.setExceptionsEnabled(true);
      JCudaDriver.cuInit(0);
    } catch (jcuda.CudaException failure) {
      throw failure("cuInit", failure);
    } catch (LinkageError missing) {
      throw new CudaException(
          "cuInit", CudaException.REFUSED, "JCuda's natives do not load here: " + missing);
    }
    started = true;
  }

  /** Makes a call whose failure is an exception. */
  static void call(String name, Call call) {
    try {
      call.run();
    } catch (jcuda.CudaException failure) {
      throw failure(name, failure);
    }
  }

  /** Turns the status of the one call that JCuda may not check into its exception. */
  static void check(int status) {
    if (status != CUresult.CUDA_SUCCESS) {
      throw new jcuda.CudaException(CUresult.stringFor(status));
    }
  }

  static CudaException failure(String call, jcuda.CudaException failure) {
    return new CudaException(call, failure.getMessage(), reason(""));
  }

  /** What is known beyond a status: the simulator says what went wrong first. */
  static String reason(String otherwise) {
    String fault = SimulatedDriver.isLoaded() ? SimulatedDriver.firstFault() : "";
    return fault.isEmpty() ? otherwise : "the simulated device's first fault: " + fault;
  }

  static boolean isSticky(String status) {
    return STICKY.contains(status);
  }
}
