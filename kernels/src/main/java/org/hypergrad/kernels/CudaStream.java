package org.hypergrad.kernels;

import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** A queue of work on a device: what is queued runs in order, and beside what other streams run. */
public final class CudaStream implements AutoCloseable {
  /** Does not wait for the stream that the driver has by itself. */
  private static final int NON_BLOCKING = 1;

  private final CudaContext context;
  private final CUstream handle;
  private CudaBlas blas;
  private CudaDnn dnn;
  private volatile boolean closed;

  /** What a capture takes memory from; null while there is none. */
  private volatile DeviceReserve reserve;

  CudaStream(CudaContext context, CUstream handle) {
    this.context = context;
    this.handle = handle;
  }

  static CudaStream create(CudaContext context) {
    CUstream handle = new CUstream();
    context.call("cuStreamCreate", () -> JCudaDriver.cuStreamCreate(handle, NON_BLOCKING));
    CudaStream stream = new CudaStream(context, handle);
    context.opened(stream, stream::close);
    return stream;
  }

  /** Waits for all that is queued. */
  public void synchronize() {
    requireUncaptured("cuStreamSynchronize");
    context.call("cuStreamSynchronize", () -> JCudaDriver.cuStreamSynchronize(handle()));
  }

  /** Whether all that was queued is done. Does not wait. */
  public boolean isDone() {
    requireUncaptured("cuStreamQuery");
    return context.isDone("cuStreamQuery", () -> JCudaDriver.cuStreamQuery(handle()));
  }

  /** Marks the end of what is queued now. */
  public void record(CudaEvent event) {
    requireUncaptured("cuEventRecord");
    context.call("cuEventRecord", () -> JCudaDriver.cuEventRecord(event.handle(), handle()));
  }

  /** Lets what is queued from now on begin only after an event; the caller does not wait. */
  public void waitFor(CudaEvent event) {
    requireUncaptured("cuStreamWaitEvent");
    context.call(
        "cuStreamWaitEvent", () -> JCudaDriver.cuStreamWaitEvent(handle(), event.handle(), 0));
  }

  /**
   * Makes a graph of what {@code work} queues, which does not run. No other thread may use the
   * stream meanwhile. Blocks that are taken meanwhile are the graph's: nobody else gets what is
   * given back of them, and what is not stays its owner's beyond the graph.
   *
   * @throws CudaException if something cannot be captured, such as a copy from or to the host; the
   *     stream is as before
   */
  public CudaGraph capture(Runnable work) {
    return CudaGraph.capture(this, work);
  }

  /** Whether what is queued is captured now, and does not run. */
  public boolean isCaptured() {
    return reserve != null;
  }

  /** What a capture takes memory from, or null. */
  DeviceReserve reserve() {
    return reserve;
  }

  void setReserve(DeviceReserve value) {
    reserve = value;
  }

  /**
   * Refuses what cannot be part of a capture.
   *
   * @throws CudaException if the stream is captured
   */
  void requireUncaptured(String call) {
    if (isCaptured()) {
      throw new CudaException(
          call,
          CudaException.REFUSED,
          "this cannot be captured, as nothing has run yet; hint: read and send values before or"
              + " after what is captured");
    }
  }

  /**
   * Queues a copy of a whole block to another on the device.
   *
   * @throws CudaException if the target is smaller
   */
  public void copy(DeviceMemory source, DeviceMemory target) {
    String call = "cuMemcpyDtoDAsync";
    if (target.bytes() < source.bytes()) {
      throw new CudaException(
          call, CudaException.REFUSED, "the target is too small; got " + source + " to " + target);
    }
    Driver.DeviceAddress from = new Driver.DeviceAddress(source.address());
    Driver.DeviceAddress to = new Driver.DeviceAddress(target.address());
    context.call(call, () -> JCudaDriver.cuMemcpyDtoDAsync(to, from, source.bytes(), handle));
  }

  /**
   * Matrix products on this stream, by cuBLAS, which is loaded at the first use.
   *
   * @throws CudaException if it cannot be, with the reason
   */
  public synchronized CudaBlas blas() {
    if (blas == null) {
      blas = new CudaBlas(this);
    }
    return blas;
  }

  /**
   * Convolutions and batch normalisation on this stream, by cuDNN, which is loaded at the first
   * use.
   *
   * @throws CudaException if it cannot be, with the reason
   */
  public synchronized CudaDnn dnn() {
    if (dnn == null) {
      dnn = new CudaDnn(this);
    }
    return dnn;
  }

  /** The driver's handle, which may be anything's once the stream is closed. */
  CUstream handle() {
    if (closed) {
      throw new CudaException("stream", CudaException.REFUSED, this + " is closed");
    }
    return handle;
  }

  boolean isClosed() {
    return closed;
  }

  /** Refuses every use from now on; the pool calls this, so that none of its own is cut off. */
  void refuse() {
    closed = true;
  }

  CudaContext context() {
    return context;
  }

  /** Waits for all that is queued, then ends the stream. Its cached memory is for any stream. */
  @Override
  public synchronized void close() {
    if (!closed) {
      context.release("cuStreamSynchronize", () -> JCudaDriver.cuStreamSynchronize(handle));
      context.closed(this);
      try {
        closeLibraries();
      } finally {
        context.memory().retire(this);
        context.release("cuStreamDestroy", () -> JCudaDriver.cuStreamDestroy(handle));
      }
    }
  }

  private void closeLibraries() {
    if (blas != null) {
      blas.close();
    }
    if (dnn != null) {
      dnn.close();
    }
  }

  @Override
  public String toString() {
    return "stream " + Integer.toHexString(System.identityHashCode(this)) + " of " + context;
  }
}
