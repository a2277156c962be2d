package org.hypergrad.kernels;

/**
 * A call of the CUDA driver that failed, or that was refused before it reached the driver. The
 * message names the call, its status and what is known of the reason.
 */
public class CudaException extends RuntimeException {
  /** The status of a call that was never made because its arguments are wrong. */
  public static final String REFUSED = "refused";

  private static final long serialVersionUID = 1;

  private final String call;
  private final String status;
  private final String detail;

  /**
   * @param call function of the driver, such as {@code cuMemAlloc}
   * @param status what it answered, such as {@code CUDA_ERROR_OUT_OF_MEMORY}, or {@link #REFUSED}
   * @param detail what is wrong and what would help; may be empty
   */
  public CudaException(String call, String status, String detail) {
    super(call + ": " + status + (detail.isEmpty() ? "" : "; " + detail));
    this.call = call;
    this.status = status;
    this.detail = detail;
  }

  /** Function of the driver. */
  public String call() {
    return call;
  }

  /** Name of the status it answered, or {@link #REFUSED}. */
  public String status() {
    return status;
  }

  public String detail() {
    return detail;
  }
}
