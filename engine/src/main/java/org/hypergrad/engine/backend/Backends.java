package org.hypergrad.engine.backend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hypergrad.engine.backend.cpu.CpuBackend;
import org.hypergrad.engine.backend.cuda.CudaBackend;
import org.hypergrad.engine.backend.reference.ReferenceBackend;
import org.hypergrad.kernels.CudaDevice;
import org.hypergrad.kernels.CudaDriver;
import org.hypergrad.kernels.CudaException;
import org.hypergrad.kernels.CudaLibrary;
import org.hypergrad.kernels.SimulatedDriver;

/** Which backends can run here, and why not. Nothing is loaded before it is asked for. */
public final class Backends {
  private static final System.Logger LOG = System.getLogger("org.hypergrad");

  private Backends() {}

  public static Backend reference() {
    return new ReferenceBackend();
  }

  public static Backend cpu() {
    return new CpuBackend();
  }

  /** Why the cpu backend cannot run here; empty if it can. Never throws. */
  public static String cpuProblem() {
    return CpuBackend.problem();
  }

  /** Each backend by name, with what it runs on, or with why it cannot run here. Never throws. */
  public static Map<String, String> report() {
    Map<String, String> report = new LinkedHashMap<>();
    report.put("reference", "runs: plain Java, in double precision");
    report.put(
        "cpu",
        cpuProblem().isEmpty()
            ? "runs: " + CpuBackend.description()
            : "cannot run: " + cpuProblem());
    report.put(
        "cuda", cudaProblem().isEmpty() ? "runs: " + gpus() : "cannot run: " + cudaProblem());
    for (CudaLibrary library : CudaLibrary.values()) {
      CudaLibrary.Probe found = library.probe();
      report.put(
          library.title(),
          found.problem().isEmpty() ? found.version() : "cannot run: " + found.problem());
    }
    if (SimulatedDriver.isNamed()) {
      report.put(
          "simulated",
          simulatedProblem().isEmpty() ? "runs: " + gpus() : "cannot run: " + simulatedProblem());
    }
    return report;
  }

  /** The driver and its devices. */
  private static String gpus() {
    try {
      List<String> all = new ArrayList<>();
      for (int i = 0; i < CudaDevice.count(); i++) {
        CudaDevice device = CudaDevice.of(i);
        all.add(
            device + " " + (device.problem().isEmpty() ? device.description() : device.problem()));
      }
      return "driver for CUDA " + CudaDriver.probe().versionText() + "; " + String.join("; ", all);
    } catch (CudaException failure) {
      return failure.getMessage();
    }
  }

  /**
   * A GPU by its number at the driver, or the simulated one. It is given back when the process
   * ends; what is in use then, the driver frees.
   */
  public static Backend cuda(String name, int index) {
    CudaBackend backend = new CudaBackend(name, index);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(backend), name + " ends"));
    return backend;
  }

  private static void close(CudaBackend backend) {
    try {
      backend.close();
    } catch (CudaException inUse) {
      LOG.log(System.Logger.Level.DEBUG, backend.name(), inUse);
    }
  }

  /** Why no GPU can run here; empty if one can. Never throws. */
  public static String cudaProblem() {
    if (SimulatedDriver.isNamed()) {
      return "this process runs on the simulated device, whose name is 'simulated'";
    }
    CudaDriver driver = CudaDriver.probe();
    if (!driver.problem().isEmpty()) {
      return driver.problem();
    }
    return Stream.concat(
            Arrays.stream(CudaLibrary.values()).map(library -> library.probe().problem()),
            Stream.of(firstDeviceProblem()))
        .filter(problem -> !problem.isEmpty())
        .findFirst()
        .orElse("");
  }

  private static String firstDeviceProblem() {
    try {
      return CudaDevice.of(0).problem();
    } catch (CudaException failure) {
      return failure.getMessage();
    }
  }

  /** Why the simulated GPU cannot run here; empty if it can. Never throws. */
  public static String simulatedProblem() {
    return SimulatedDriver.problem();
  }

  /** Logs the choice of the best device, and why no faster one. */
  public static void announce(String device) {
    String cpu = cpuProblem();
    boolean slow = device.equals("reference");
    LOG.log(
        slow ? System.Logger.Level.WARNING : System.Logger.Level.INFO,
        "tensors on {0}{1}{2}",
        device,
        slow ? ", slowly; cpu cannot run: " + cpu : "",
        device.startsWith("cuda") ? "" : "; no GPU: " + cudaProblem());
  }
}
