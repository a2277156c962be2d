package org.hypergrad.examples.experiment;

/**
 * Ends a program in the middle of a run, because somebody wants it to end. What was done is saved.
 * It passes through whatever handles failures of runs.
 */
public final class InterruptedRunException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  InterruptedRunException(String state, int exitCode) {
    super(state);
    this.exitCode = exitCode;
  }

  /** Of the process: 130 after Ctrl-C, as shells expect it. */
  public int exitCode() {
    return exitCode;
  }
}
