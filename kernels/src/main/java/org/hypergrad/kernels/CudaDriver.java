package org.hypergrad.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;

/**
 * What the CUDA driver of this machine says, without any CUDA package.
 *
 * @param version the driver's CUDA version, 1000 major + 10 minor; 0 if it cannot run
 * @param devices number of GPUs
 * @param problem why CUDA cannot run here, and what would help; empty if it can
 */
public record CudaDriver(int version, int devices, String problem) {
  private static final String LIBRARY = "libcuda.so.1";

  /** Libraries of CUDA 12 run on every driver from that of 12.0 on. */
  private static final int OLDEST = 12_000;

  /** Asks the installed driver. Never throws. */
  public static CudaDriver probe() {
    return probe(LIBRARY);
  }

  /** Asks the driver in a library of this name. */
  static CudaDriver probe(String library) {
    try (Arena arena = Arena.ofConfined()) {
      return ask(library, arena);
    } catch (IllegalArgumentException missing) {
      return cannot("no " + library + "; install NVIDIA's driver");
    } catch (Throwable failure) {
      return cannot(library + " does not answer as a driver: " + failure);
    }
  }

  private static CudaDriver cannot(String problem) {
    return new CudaDriver(0, 0, problem);
  }

  @SuppressWarnings("restricted")
  private static CudaDriver ask(String library, Arena arena) throws Throwable {
    SymbolLookup symbols = SymbolLookup.libraryLookup(library, arena);
    int status =
        (int)
            Linker.nativeLinker()
                .downcallHandle(
                    symbols.findOrThrow("cuInit"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                .invokeExact(0);
    if (status != 0) {
      return cannot(
          "cuInit answered "
              + status
              + (status == 100 ? " (CUDA_ERROR_NO_DEVICE); there is no GPU" : "; see nvidia-smi"));
    }
    return of(
        number(symbols, arena, "cuDriverGetVersion"), number(symbols, arena, "cuDeviceGetCount"));
  }

  /** A driver that answered. */
  static CudaDriver of(int version, int devices) {
    if (version < OLDEST) {
      return cannot(
          "the driver is too old; got one for CUDA "
              + text(version)
              + "; expected one for CUDA "
              + text(OLDEST)
              + " or newer, such as 525; install it");
    }
    return new CudaDriver(version, devices, devices == 0 ? "the driver sees no GPU" : "");
  }

  private static String text(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /** The newest CUDA that the driver is for: {@code 12.6}. */
  public String versionText() {
    return text(version);
  }

  /** Calls {@code CUresult function(int* result)}. */
  @SuppressWarnings("restricted")
  private static int number(SymbolLookup symbols, Arena arena, String function) throws Throwable {
    MemorySegment result = arena.allocate(ValueLayout.JAVA_INT);
    int status =
        (int)
            Linker.nativeLinker()
                .downcallHandle(
                    symbols.findOrThrow(function),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                .invokeExact(result);
    if (status != 0) {
      throw new IllegalStateException(function + " answered " + status);
    }
    return result.get(ValueLayout.JAVA_INT, 0);
  }
}
