package org.hypergrad.bench.bundle;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hypergrad.engine.backend.Backends;
import org.hypergrad.kernels.SimulatedDriver;

/** Says what a machine has, and whether a GPU, or the simulated one, can run there. */
public final class Facts {
  private Facts() {}

  /** The device that this process is to use: the simulated one if it was named, else a GPU. */
  static String device() {
    return SimulatedDriver.isNamed() ? "simulated" : "cuda";
  }

  /** Takes the file to write. */
  public static void main(String[] args) throws IOException {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("device", device());
    facts.put(
        "problem",
        SimulatedDriver.isNamed() ? Backends.simulatedProblem() : Backends.cudaProblem());
    facts.put("java", System.getProperty("java.vm.version"));
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.putAll(Backends.report());
    facts.forEach((name, value) -> System.out.printf("%-12s %s%n", name, value));
    new ObjectMapper().writeValue(Path.of(args[0]).toFile(), facts);
  }
}
