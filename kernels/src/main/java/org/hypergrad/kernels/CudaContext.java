package org.hypergrad.kernels;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;

/**
 * A device in use: the primary context, which every library in the process shares, with the modules
 * loaded into it, its memory and its staging buffers. Every public call makes the context current
 * on its thread first, so that any thread may call.
 *
 * <p>After a fault of a kernel the driver answers every later call with the same status; then each
 * call here fails at once with the first cause, and only a new process helps.
 */
public final class CudaContext implements AutoCloseable {
  private static final int NO_TIMING = 2;

  private final CudaDevice device;
  private final CUdevice deviceHandle;
  private final CUcontext handle = new CUcontext();
  private final Map<String, KernelModule> modules = new LinkedHashMap<>();

  /** Streams and events in use, and how to end each. */
  private final Map<Object, Runnable> open = Collections.synchronizedMap(new IdentityHashMap<>());

  private final DevicePool memory;
  private final HostStaging staging;
  private final boolean debugs = Boolean.getBoolean("hypergrad.cuda.debug");
  private volatile LibraryOptions libraryOptions = LibraryOptions.fromProperties();
  private volatile CudaException fault;
  private volatile boolean closed;

  private CudaContext(CudaDevice device) {
    this.device = device;
    deviceHandle = CudaDevice.handle(device.index());
    Driver.call(
        "cuDevicePrimaryCtxRetain",
        () -> JCudaDriver.cuDevicePrimaryCtxRetain(handle, deviceHandle));
    memory = new DevicePool(new DriverHeap(this), debugs, Boolean.getBoolean("hypergrad.poison"));
    staging = new HostStaging(this);
  }

  /**
   * The primary context of a device.
   *
   * @throws CudaException if there is no such device, if it is too old, or CUDA cannot run here
   */
  public static CudaContext open(int index) {
    CudaDevice device = CudaDevice.of(index);
    if (!device.problem().isEmpty()) {
      throw new CudaException("cuDevicePrimaryCtxRetain", CudaException.REFUSED, device.problem());
    }
    return new CudaContext(device);
  }

  public CudaDevice device() {
    return device;
  }

  /** The memory of the device. */
  public DevicePool memory() {
    return memory;
  }

  /** Copies between host and device. */
  public HostStaging staging() {
    return staging;
  }

  /** How cuBLAS and cuDNN may compute here. */
  public LibraryOptions libraryOptions() {
    return libraryOptions;
  }

  /** Sets how cuBLAS and cuDNN may compute here from the next call on. */
  public void setLibraryOptions(LibraryOptions options) {
    libraryOptions = options;
  }

  public CudaStream newStream() {
    return CudaStream.create(this);
  }

  /** An event without a clock. */
  public CudaEvent newEvent() {
    return new CudaEvent(this, NO_TIMING);
  }

  /** An event for {@link CudaEvent#millisecondsSince}. */
  public CudaEvent newTimer() {
    return new CudaEvent(this, 0);
  }

  /** A kernel family that ships here, loaded at its first use. */
  public synchronized KernelModule module(String family) {
    KernelModule module = modules.get(family);
    return module == null ? module(family, KernelModule.source(family)) : module;
  }

  /**
   * Loads PTX of one's own under a name of one's own.
   *
   * @throws CudaException if the driver refuses it, or the name is taken
   */
  public synchronized KernelModule module(String name, String ptx) {
    if (modules.containsKey(name)) {
      throw new CudaException(
          "cuModuleLoadData", CudaException.REFUSED, "module " + name + " is loaded already");
    }
    KernelModule module = new KernelModule(this, name, ptx);
    modules.put(name, module);
    return module;
  }

  /** Waits for all work on all streams. */
  public void synchronize() {
    call("cuCtxSynchronize", JCudaDriver::cuCtxSynchronize);
  }

  /** Makes this context current on the thread, or throws what keeps it from working. */
  void enter(String call) {
    CudaException first = fault;
    if (first != null) {
      CudaException again =
          new CudaException(
              call,
              first.status(),
              "the device stopped at an earlier fault, and only a new process can use it again;"
                  + " the first was "
                  + first.getMessage());
      again.initCause(first);
      throw again;
    }
    if (closed) {
      throw new CudaException(
          call, CudaException.REFUSED, "the context of " + device + " is closed");
    }
    try {
      JCudaDriver.cuCtxSetCurrent(handle);
    } catch (jcuda.CudaException failure) {
      throw remember(Driver.failure("cuCtxSetCurrent", failure));
    }
  }

  /** Makes a call with this context current. */
  void call(String name, Driver.Call call) {
    enter(name);
    try {
      call.run();
    } catch (jcuda.CudaException failure) {
      throw remember(Driver.failure(name, failure));
    }
  }

  /** Asks whether something is done. */
  boolean isDone(String name, Driver.Call query) {
    enter(name);
    try {
      query.run();
      return true;
    } catch (jcuda.CudaException status) {
      if (status.getMessage().equals("CUDA_ERROR_NOT_READY")) {
        return false;
      }
      throw remember(Driver.failure(name, status));
    }
  }

  /** Gives something back; after a fault there is nothing to give back to. */
  void release(String name, Driver.Call call) {
    if (fault == null) {
      call(name, call);
    }
  }

  /** Keeps the first fault that stops the device; returns what it was given. */
  CudaException remember(CudaException failure) {
    if (fault == null && Driver.isSticky(failure.status())) {
      fault = failure;
    }
    return failure;
  }

  /** Whether to wait for every launch. */
  boolean debugs() {
    return debugs;
  }

  boolean isStopped() {
    return fault != null;
  }

  void opened(Object streamOrEvent, Runnable end) {
    open.put(streamOrEvent, end);
  }

  void closed(Object streamOrEvent) {
    open.remove(streamOrEvent);
  }

  /**
   * Waits for all work, gives everything back and reports what others forgot to.
   *
   * @throws CudaException if memory, streams or events are still in use, with their list
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    release("cuCtxSynchronize", JCudaDriver::cuCtxSynchronize);
    staging.close();
    String leaks = open.isEmpty() ? "" : open.size() + " streams or events, ";
    List.copyOf(open.values()).forEach(Runnable::run);
    leaks += memory.close();
    for (KernelModule module : modules.values()) {
      if (!isStopped()) {
        module.unload();
      }
    }
    closed = true;
    Driver.call(
        "cuDevicePrimaryCtxRelease", () -> JCudaDriver.cuDevicePrimaryCtxRelease(deviceHandle));
    if (!leaks.isEmpty()) {
      throw new CudaException(
          "cuDevicePrimaryCtxRelease",
          CudaException.REFUSED,
          "what was made here is still in use; got " + leaks + "; hint: close it first");
    }
  }

  @Override
  public String toString() {
    return device.toString();
  }
}
