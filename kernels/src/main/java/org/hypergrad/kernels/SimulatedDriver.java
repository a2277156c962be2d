package org.hypergrad.kernels;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The simulated device in place of NVIDIA's driver. It is chosen only by name: the system property
 * {@value #PROPERTY} names the folder of its {@code libcuda.so.1}, which then is the driver of this
 * process.
 */
public final class SimulatedDriver {
  /** System property that names the simulator's folder. */
  public static final String PROPERTY = "hypergrad.simulator";

  private static final String LIBRARY = "libcuda.so.1";

  private static volatile boolean loaded;

  private SimulatedDriver() {}

  /**
   * Loads the simulator if the property asks for it.
   *
   * @throws CudaException if its library is not there
   */
  @SuppressWarnings("restricted")
  static synchronized void loadIfNamed() {
    String folder = System.getProperty(PROPERTY);
    if (folder == null || loaded) {
      return;
    }
    Path library = Path.of(folder, LIBRARY).toAbsolutePath();
    if (!Files.isRegularFile(library)) {
      throw new CudaException(
          "cuInit",
          CudaException.REFUSED,
          "no simulator; got " + PROPERTY + "=" + folder + "; expected " + LIBRARY + " in it");
    }
    System.load(library.toString());
    loaded = true;
  }

  /** Whether the driver of this process is the simulator. */
  public static boolean isLoaded() {
    return loaded;
  }

  static String firstFault() {
    return "";
  }
}
