package org.hypergrad.kernels;

/** A call of cuBLAS or cuDNN that failed, or that was refused before it reached the library. */
public final class CudaLibraryException extends CudaException {
  private static final long serialVersionUID = 1;

  private final String shapes;
  private final String algorithm;
  private final long workspaceBytes;

  CudaLibraryException(String call, String status, LibraryWork work, String reason) {
    super(call, status, describe(work) + (reason.isEmpty() ? "" : "; " + reason));
    shapes = work.shapes().toString();
    algorithm = work.algorithm();
    workspaceBytes = work.workspaceBytes();
  }

  private static String describe(LibraryWork work) {
    return work.shapes()
        + (work.algorithm().isEmpty()
            ? ""
            : "; algorithm "
                + work.algorithm()
                + ", workspace "
                + work.workspaceBytes()
                + " bytes");
  }

  /** Extents and steps of the operands. */
  public String shapes() {
    return shapes;
  }

  /** The library's name for the way it was to take; empty if it had no choice. */
  public String algorithm() {
    return algorithm;
  }

  /** Memory that the library was given for the work. */
  public long workspaceBytes() {
    return workspaceBytes;
  }
}
