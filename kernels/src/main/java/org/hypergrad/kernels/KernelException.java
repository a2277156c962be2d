package org.hypergrad.kernels;

/** A launch that failed, or that was refused because it does not fit the kernel or the device. */
public final class KernelException extends CudaException {
  private static final long serialVersionUID = 1;

  private final String kernel;
  private final transient LaunchShape shape;

  KernelException(String status, String kernel, LaunchShape shape, String detail) {
    super("cuLaunchKernel", status, kernel + " " + shape + ": " + detail);
    this.kernel = kernel;
    this.shape = shape;
  }

  /** The entry's name in its PTX. */
  public String kernel() {
    return kernel;
  }

  /** Grid, block and shared bytes of the launch. */
  public LaunchShape shape() {
    return shape;
  }
}
