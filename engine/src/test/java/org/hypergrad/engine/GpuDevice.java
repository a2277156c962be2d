package org.hypergrad.engine;

import org.hypergrad.engine.backend.Backends;
import org.hypergrad.kernels.SimulatedDriver;

/** The GPU for tests: the simulated one in a process that was started for it, else a real one. */
public final class GpuDevice {
  private GpuDevice() {}

  /** Whether there is one. */
  public static boolean isThere() {
    return SimulatedDriver.isNamed()
        ? Backends.simulatedProblem().isEmpty()
        : Backends.cudaProblem().isEmpty();
  }

  public static Device get() {
    return SimulatedDriver.isNamed() ? Device.simulated() : Device.cuda(0);
  }
}
