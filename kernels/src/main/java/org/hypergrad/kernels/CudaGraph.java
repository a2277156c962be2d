package org.hypergrad.kernels;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstreamCaptureStatus;
import jcuda.driver.JCudaDriver;

/**
 * What was queued on a stream once, queued again as a whole by each {@link #launch}: kernels, calls
 * of cuBLAS and cuDNN, copies and fills on the device. Addresses and other arguments are those of
 * the capture; what differs between launches goes through memory of the device.
 */
public final class CudaGraph implements AutoCloseable {
  private static final long NO_FLAGS = 0;

  private final CudaStream stream;
  private final DeviceReserve memory;
  private final CUgraphExec handle = new CUgraphExec();
  private volatile boolean closed;

  private CudaGraph(CudaStream stream, DeviceReserve memory, CUgraph captured) {
    this.stream = stream;
    this.memory = memory;
    CudaContext context = stream.context();
    context.call(
        "cuGraphInstantiate", () -> JCudaDriver.cuGraphInstantiate(handle, captured, NO_FLAGS));
    context.opened(this, this::close);
  }

  /**
   * The mode is the relaxed one, in which memory may be allocated meanwhile: a capture is of one
   * stream and thread, and what it must not wait for is refused here.
   */
  static CudaGraph capture(CudaStream stream, Runnable work) {
    CudaContext context = stream.context();
    stream.requireUncaptured("cuStreamBeginCapture");
    if (context.debugs()) {
      throw new CudaException(
          "cuStreamBeginCapture",
          CudaException.REFUSED,
          "with hypergrad.cuda.debug every launch is waited for, and nothing can be captured");
    }
    DeviceReserve memory = new DeviceReserve(context.memory(), stream);
    try {
      CUgraph captured = captured(stream, memory, work);
      try {
        return new CudaGraph(stream, memory, captured);
      } finally {
        destroy(context, captured);
      }
    } catch (RuntimeException | Error failure) {
      memory.close();
      throw failure;
    }
  }

  private static CUgraph captured(CudaStream stream, DeviceReserve memory, Runnable work) {
    CudaContext context = stream.context();
    context.call(
        "cuStreamBeginCapture",
        () ->
            JCudaDriver.cuStreamBeginCapture(
                stream.handle(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED));
    context.memory().beginCapture();
    stream.setReserve(memory);
    try {
      work.run();
      return end(stream);
    } catch (RuntimeException | Error failure) {
      abandon(stream, failure);
      throw failure;
    } finally {
      stream.setReserve(null);
      context.memory().endCapture();
    }
  }

  private static CUgraph end(CudaStream stream) {
    CUgraph captured = new CUgraph();
    stream
        .context()
        .call(
            "cuStreamEndCapture", () -> JCudaDriver.cuStreamEndCapture(stream.handle(), captured));
    return captured;
  }

  private static void destroy(CudaContext context, CUgraph captured) {
    context.release("cuGraphDestroy", () -> JCudaDriver.cuGraphDestroy(captured));
  }

  /** Ends a capture that failed, if it goes on. */
  private static void abandon(CudaStream stream, Throwable failure) {
    CudaContext context = stream.context();
    int[] status = {0};
    try {
      context.call(
          "cuStreamIsCapturing", () -> JCudaDriver.cuStreamIsCapturing(stream.handle(), status));
      if (status[0] != CUstreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_NONE) {
        destroy(context, end(stream));
      }
    } catch (CudaException spoilt) {
      failure.addSuppressed(spoilt);
    }
  }

  /** Queues all of it on its stream. */
  public void launch() {
    if (closed) {
      throw new CudaException("cuGraphLaunch", CudaException.REFUSED, "the graph is closed");
    }
    stream.requireUncaptured("cuGraphLaunch");
    stream
        .context()
        .call("cuGraphLaunch", () -> JCudaDriver.cuGraphLaunch(handle, stream.handle()));
  }

  /** Ends it; what is queued of it still runs, and its memory is for what is queued later. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      CudaContext context = stream.context();
      context.closed(this);
      context.release("cuGraphExecDestroy", () -> JCudaDriver.cuGraphExecDestroy(handle));
      memory.close();
    }
  }
}
