package org.hypergrad.kernels;

import java.util.Optional;
import java.util.function.Function;

/**
 * How cuBLAS and cuDNN may compute.
 *
 * @param tf32 whether factors may be rounded to the 10 bits of TF32; float32 throughout otherwise
 * @param deterministic whether the same input must give the same bits
 * @param workspaceLimit most bytes that a convolution's algorithm may need besides its operands
 */
public record LibraryOptions(boolean tf32, boolean deterministic, long workspaceLimit) {
  private static final long MIB = 1 << 20;

  /** Float32, the same bits each time, and 256 MiB. */
  public static final LibraryOptions DEFAULT = new LibraryOptions(false, true, 256 * MIB);

  public LibraryOptions {
    if (workspaceLimit < 0) {
      throw new IllegalArgumentException(
          "workspace limit out of range; got " + workspaceLimit + "; expected >= 0");
    }
  }

  /**
   * The defaults, changed by the system properties {@code hypergrad.cuda.tf32}, {@code
   * hypergrad.cuda.deterministic} and {@code hypergrad.cuda.workspace} (in MiB).
   *
   * @throws CudaException that names the one with a value that it cannot have
   */
  static LibraryOptions fromProperties() {
    return new LibraryOptions(
        property("tf32", DEFAULT.tf32, "true or false", LibraryOptions::flag),
        property("deterministic", DEFAULT.deterministic, "true or false", LibraryOptions::flag),
        property("workspace", DEFAULT.workspaceLimit, "MiB >= 0", LibraryOptions::mebibytes));
  }

  private static <T> T property(
      String name, T otherwise, String expected, Function<String, Optional<T>> reader) {
    String property = "hypergrad.cuda." + name;
    String text = System.getProperty(property);
    if (text == null) {
      return otherwise;
    }
    return reader
        .apply(text)
        .orElseThrow(
            () ->
                new CudaException(
                    "options",
                    CudaException.REFUSED,
                    "system property " + property + "; got " + text + "; expected " + expected));
  }

  private static Optional<Boolean> flag(String text) {
    return switch (text) {
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  private static Optional<Long> mebibytes(String text) {
    try {
      long bytes = Math.multiplyExact(Long.parseLong(text), MIB);
      return Optional.of(bytes).filter(b -> b >= 0);
    } catch (NumberFormatException | ArithmeticException nonsense) {
      return Optional.empty();
    }
  }
}
