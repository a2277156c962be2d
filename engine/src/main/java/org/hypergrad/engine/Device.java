package org.hypergrad.engine;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.hypergrad.engine.backend.Backend;
import org.hypergrad.engine.backend.Backends;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.engine.memory.MemoryStats;

/**
 * Where tensors live and ops run. New tensors are made on the current device: that of the innermost
 * {@link #call}, else {@link #best}.
 */
public final class Device {
  private final Backend backend;

  private Device(Backend backend) {
    this.backend = backend;
  }

  /** One device per backend, made at first use. */
  private static final class Reference {
    static final Device DEVICE = new Device(Backends.reference());
  }

  private static final class Cpu {
    static final Device DEVICE = new Device(Backends.cpu());
  }

  private static final ConcurrentMap<Integer, Device> CUDA = new ConcurrentHashMap<>();

  private static final class Best {
    static final Device DEVICE = choose();

    private static Device choose() {
      if (Backends.cudaProblem().isEmpty()) {
        return cuda(0);
      }
      return Backends.cpuProblem().isEmpty() ? cpu() : reference();
    }

    static {
      Backends.announce(DEVICE.toString());
    }
  }

  /** Plain Java in double precision: the oracle, and what runs on any platform. */
  public static Device reference() {
    return Reference.DEVICE;
  }

  /**
   * The processor, by oneDNN and vector loops.
   *
   * @throws DeviceException that says why it cannot run here
   */
  public static Device cpu() {
    String problem = Backends.cpuProblem();
    if (!problem.isEmpty()) {
      throw new DeviceException(
          "cpu", "cannot run here", problem, "", "Device.reference() runs anywhere");
    }
    return Cpu.DEVICE;
  }

  /**
   * A GPU, by its number at the driver.
   *
   * @throws DeviceException that says why it cannot run here
   */
  public static Device cuda(int index) {
    String problem = Backends.cudaProblem();
    if (!problem.isEmpty()) {
      throw new DeviceException(
          "cuda:" + index, "cannot run here", problem, "", "Device.cpu() needs no GPU");
    }
    return CUDA.computeIfAbsent(index, i -> new Device(Backends.cuda("cuda:" + i, i)));
  }

  /**
   * The simulated GPU: slow and strict, for tests of what would run on a real one. It is there only
   * in a process that was started for it, with the system property {@code hypergrad.simulator}.
   *
   * @throws DeviceException that says why it cannot run here
   */
  public static Device simulated() {
    String problem = Backends.simulatedProblem();
    if (!problem.isEmpty()) {
      throw new DeviceException(
          "simulated", "cannot run here", problem, "", "kernels/simulator/build <folder> makes it");
    }
    return CUDA.computeIfAbsent(0, i -> new Device(Backends.cuda("simulated", i)));
  }

  /** The fastest device that runs here; which one is logged once, and why no other. */
  public static Device best() {
    return Best.DEVICE;
  }

  /**
   * The device of this name: {@code best}, {@code cuda} or {@code cuda:1}, {@code cpu}, {@code
   * reference}, {@code simulated}.
   *
   * @throws DeviceException if there is none, or if it cannot run; nothing falls back unasked
   */
  public static Device named(String name) {
    return switch (name) {
      case "best" -> best();
      case "cpu" -> cpu();
      case "reference" -> reference();
      case "simulated" -> simulated();
      case "cuda" -> cuda(0);
      case String numbered when numbered.matches("cuda:\\d{1,3}") ->
          cuda(Integer.parseInt(numbered.substring("cuda:".length())));
      default ->
          throw new DeviceException(
              name,
              "no such device",
              name,
              "best, cuda, cuda:<n>, cpu, reference or simulated",
              "");
    };
  }

  /** The device on which new tensors are made. */
  public static Device current() {
    Device device = Context.current().device;
    return device == null ? best() : device;
  }

  /** Makes this the current device for the time of {@code body}. */
  public <T> T call(Supplier<T> body) {
    Context context = Context.current();
    Device before = context.device;
    context.device = this;
    try {
      return body.get();
    } finally {
      context.device = before;
    }
  }

  /** Makes this the current device for the time of {@code body}. */
  public void run(Runnable body) {
    call(
        () -> {
          body.run();
          return null;
        });
  }

  /**
   * Sets how many threads ops use; results are the same bits for the same number.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if it is less than 1
   */
  public void setThreads(int threads) {
    backend.setThreads(threads);
  }

  public int threads() {
    return backend.threads();
  }

  /** Whether a {@link Graph} can be made of what runs here. */
  public boolean hasGraphs() {
    return backend.records();
  }

  /** Bytes in use and cached on this device. */
  public MemoryStats memory() {
    return backend.memory().stats();
  }

  /** Counts the peak of {@link #memory} anew, from what is in use now. */
  public void resetPeakMemory() {
    backend.memory().resetPeak();
  }

  /** Limits the bytes in use and cached together. */
  public void setMemoryCap(long bytes) {
    backend.memory().setCap(bytes);
  }

  /** What runs the ops. */
  public Backend backend() {
    return backend;
  }

  @Override
  public String toString() {
    return backend.name();
  }
}
