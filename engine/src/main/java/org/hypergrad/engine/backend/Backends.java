package org.hypergrad.engine.backend;

import java.util.LinkedHashMap;
import java.util.Map;
import org.hypergrad.engine.backend.cpu.CpuBackend;
import org.hypergrad.engine.backend.reference.ReferenceBackend;
import org.hypergrad.kernels.CudaDriver;

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
    report.put("cuda", "cannot run: " + cudaHint("cuda"));
    return report;
  }

  /** A word about CUDA for who asked for it. */
  public static String cudaHint(String name) {
    if (!name.startsWith("cuda")) {
      return "";
    }
    CudaDriver driver = CudaDriver.probe();
    return "this build has no CUDA backend; of the driver: "
        + (driver.problem().isEmpty() ? "it runs " + driver.devices() : driver.problem());
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
