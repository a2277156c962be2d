package org.hypergrad.engine.backend;

import java.util.LinkedHashMap;
import java.util.Map;
import org.hypergrad.engine.backend.cpu.CpuBackend;
import org.hypergrad.engine.backend.cuda.CudaBackend;
import org.hypergrad.engine.backend.reference.ReferenceBackend;
import org.hypergrad.kernels.CudaDriver;
import org.hypergrad.kernels.SimulatedDriver;

/** Which backends can run here, and why not. Nothing is loaded before it is asked for. */
public final class Backends {
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
        "cuda",
        cudaProblem().isEmpty()
            ? "runs: " + CudaDriver.probe().devices() + " GPUs"
            : "cannot run: " + cudaProblem());
    if (SimulatedDriver.isNamed()) {
      report.put(
          "simulated",
          simulatedProblem().isEmpty()
              ? "runs: a GPU of software"
              : "cannot run: " + simulatedProblem());
    }
    return report;
  }

  /** A GPU by its number at the driver, or the simulated one. */
  public static Backend cuda(String name, int index) {
    return new CudaBackend(name, index);
  }

  /** Why no GPU can run here; empty if one can. Never throws. */
  public static String cudaProblem() {
    if (SimulatedDriver.isNamed()) {
      return "this process runs on the simulated device, whose name is 'simulated'";
    }
    return CudaDriver.probe().problem();
  }

  /** Why the simulated GPU cannot run here; empty if it can. Never throws. */
  public static String simulatedProblem() {
    return SimulatedDriver.problem();
  }

  /** Logs the choice of the best device. */
  public static void announce(String device) {
    String problem = cpuProblem();
    System.getLogger("org.hypergrad")
        .log(
            problem.isEmpty() ? System.Logger.Level.INFO : System.Logger.Level.WARNING,
            "tensors on {0}{1}",
            device,
            problem.isEmpty() ? "" : ", slowly; cpu cannot run: " + problem);
  }
}
