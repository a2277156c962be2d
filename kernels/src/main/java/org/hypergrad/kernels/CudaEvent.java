package org.hypergrad.kernels;

import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/**
 * A point in the work of a stream. It is done when all that was queued before it was recorded is
 * done; one that was never recorded is done.
 */
public final class CudaEvent implements AutoCloseable {
  private final CudaContext context;
  private final CUevent handle = new CUevent();
  private volatile boolean closed;

  CudaEvent(CudaContext context, int flags) {
    this.context = context;
    context.call("cuEventCreate", () -> JCudaDriver.cuEventCreate(handle, flags));
    context.opened(this, this::close);
  }

  /** Whether the work before it is done. Does not wait. */
  public boolean isDone() {
    return context.isDone("cuEventQuery", () -> JCudaDriver.cuEventQuery(handle()));
  }

  /** Waits until the work before it is done. */
  public void synchronize() {
    context.call("cuEventSynchronize", () -> JCudaDriver.cuEventSynchronize(handle()));
  }

  /**
   * Milliseconds between an earlier event and this one; both made by {@link CudaContext#newTimer},
   * recorded and done.
   */
  public double millisecondsSince(CudaEvent start) {
    float[] milliseconds = {0};
    context.call(
        "cuEventElapsedTime",
        () -> JCudaDriver.cuEventElapsedTime(milliseconds, start.handle(), handle()));
    return milliseconds[0];
  }

  /** The driver's handle, which may be anything's once the event is closed. */
  CUevent handle() {
    if (closed) {
      throw new CudaException("event", CudaException.REFUSED, "the event is closed");
    }
    return handle;
  }

  CudaContext context() {
    return context;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      context.closed(this);
      context.release("cuEventDestroy", () -> JCudaDriver.cuEventDestroy(handle));
    }
  }
}
