package org.hypergrad.kernels;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/**
 * Copies between host and device through page-locked buffers, which the device reads and writes by
 * itself. A copy to the device returns when the host's values lie in a buffer; the buffer is used
 * again when an event says that the device has read it. A copy to the host returns with the values.
 *
 * <p>If no page-locked memory can be had, pageable memory takes its place, which is slower: a
 * warning says so once, and the stream is waited for.
 *
 * <p>Safe for use by several threads.
 */
public final class HostStaging {
  private static final System.Logger LOG = System.getLogger("hypergrad.cuda");

  /** Large enough that the cost of starting a copy does not show. */
  static final int BUFFER_BYTES = 1 << 20;

  private static final int MOST_BUFFERS = 64;

  /** A buffer; the event is null if it is pageable. */
  private record Buffer(Pointer pointer, MemorySegment bytes, CudaEvent event) {}

  private final CudaContext context;
  private final ArrayDeque<Buffer> idle = new ArrayDeque<>();

  /** What a device may still read, in the order of recording. */
  private final ArrayDeque<Buffer> reading = new ArrayDeque<>();

  private int buffers;
  private boolean warned;

  HostStaging(CudaContext context) {
    this.context = context;
  }

  /**
   * Copies bytes into a block at an offset, in order with what is queued on the stream. The host's
   * memory, on the heap or not, is free for other use at return.
   *
   * @throws CudaException if they do not fit
   */
  public void upload(MemorySegment host, DeviceMemory target, long offset, CudaStream stream) {
    checkRange("cuMemcpyHtoDAsync", host, target, offset);
    stream.requireUncaptured("cuMemcpyHtoDAsync");
    for (long at = 0; at < host.byteSize(); at += BUFFER_BYTES) {
      long count = Math.min(BUFFER_BYTES, host.byteSize() - at);
      Buffer buffer = take();
      boolean queued = false;
      try {
        MemorySegment.copy(host, at, buffer.bytes, 0, count);
        Driver.DeviceAddress to = new Driver.DeviceAddress(target.address() + offset + at);
        context.call(
            "cuMemcpyHtoDAsync",
            () -> JCudaDriver.cuMemcpyHtoDAsync(to, buffer.pointer, count, stream.handle()));
        queued = true;
        if (buffer.event == null) {
          stream.synchronize();
        } else {
          stream.record(buffer.event);
        }
      } finally {
        giveBack(buffer, queued ? reading : idle);
      }
    }
  }

  /**
   * Copies bytes of a block to the host, after what is queued on the stream, and waits for them.
   *
   * @throws CudaException if the block has fewer
   */
  public void download(DeviceMemory source, long offset, MemorySegment host, CudaStream stream) {
    checkRange("cuMemcpyDtoHAsync", host, source, offset);
    stream.requireUncaptured("cuMemcpyDtoHAsync");
    for (long at = 0; at < host.byteSize(); at += BUFFER_BYTES) {
      long count = Math.min(BUFFER_BYTES, host.byteSize() - at);
      Buffer buffer = take();
      try {
        Driver.DeviceAddress from = new Driver.DeviceAddress(source.address() + offset + at);
        context.call(
            "cuMemcpyDtoHAsync",
            () -> JCudaDriver.cuMemcpyDtoHAsync(buffer.pointer, from, count, stream.handle()));
        stream.synchronize();
        MemorySegment.copy(buffer.bytes, 0, host, at, count);
      } finally {
        giveBack(buffer, idle);
      }
    }
  }

  private static void checkRange(
      String call, MemorySegment host, DeviceMemory memory, long offset) {
    if (offset < 0 || offset > memory.bytes() - host.byteSize()) {
      throw new CudaException(
          call,
          CudaException.REFUSED,
          "outside of the block; got "
              + host.byteSize()
              + " bytes at offset "
              + offset
              + " of "
              + memory);
    }
  }

  private synchronized Buffer take() {
    Buffer buffer = idle.pollLast();
    if (buffer == null && !reading.isEmpty() && reading.peekFirst().event.isDone()) {
      buffer = reading.pollFirst();
    }
    if (buffer == null && buffers < MOST_BUFFERS) {
      buffer = pageLocked();
    }
    if (buffer == null && !reading.isEmpty()) {
      buffer = reading.pollFirst();
      buffer.event.synchronize();
    }
    return buffer == null ? pageable() : buffer;
  }

  /** A new buffer, or null if the driver has no page-locked memory left. */
  private Buffer pageLocked() {
    Pointer pointer = new Pointer();
    try {
      context.call("cuMemHostAlloc", () -> JCudaDriver.cuMemHostAlloc(pointer, BUFFER_BYTES, 0));
    } catch (CudaException failure) {
      if (failure.status().equals("CUDA_ERROR_OUT_OF_MEMORY")) {
        return null;
      }
      throw failure;
    }
    buffers++;
    MemorySegment bytes = MemorySegment.ofBuffer(pointer.getByteBuffer(0, BUFFER_BYTES));
    return new Buffer(pointer, bytes, context.newEvent());
  }

  private Buffer pageable() {
    if (!warned) {
      warned = true;
      LOG.log(
          Level.WARNING,
          "{0}: no page-locked memory for copies; they go through pageable memory, slower",
          context);
    }
    MemorySegment bytes = Arena.ofAuto().allocate(BUFFER_BYTES);
    return new Buffer(Pointer.to(bytes.asByteBuffer()), bytes, null);
  }

  private synchronized void giveBack(Buffer buffer, ArrayDeque<Buffer> where) {
    if (buffer.event != null) {
      where.addLast(buffer);
    }
  }

  /** Page-locked bytes held. */
  public synchronized long bytes() {
    return (long) buffers * BUFFER_BYTES;
  }

  /** Frees all buffers; the device is done with them. */
  synchronized void close() {
    idle.addAll(reading);
    reading.clear();
    for (Buffer buffer : idle) {
      buffer.event.close();
      context.release("cuMemFreeHost", () -> JCudaDriver.cuMemFreeHost(buffer.pointer));
    }
    idle.clear();
    buffers = 0;
  }
}
