package org.hypergrad.nn.data;

import org.hypergrad.engine.error.EngineException;

/** Data that is missing, damaged, or not what it should be. */
public final class DataException extends EngineException {
  private static final long serialVersionUID = 1L;

  private final String source;

  /**
   * What is wrong with a source of data.
   *
   * @param source the file, or the example within it
   * @param cause what was thrown below, or null
   */
  public DataException(
      String source, String problem, String got, String expected, String hint, Throwable cause) {
    super(source, problem, got, expected, hint);
    this.source = source;
    if (cause != null) {
      initCause(cause);
    }
  }

  /** The file, or the example within it. */
  public String source() {
    return source;
  }
}
