package org.hypergrad.kernels;

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
   */
  static LibraryOptions fromProperties() {
    return new LibraryOptions(
        Boolean.getBoolean("hypergrad.cuda.tf32"),
        Boolean.parseBoolean(
            System.getProperty("hypergrad.cuda.deterministic", "" + DEFAULT.deterministic)),
        Long.getLong("hypergrad.cuda.workspace", DEFAULT.workspaceLimit / MIB) * MIB);
  }
}
