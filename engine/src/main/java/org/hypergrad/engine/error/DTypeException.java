package org.hypergrad.engine.error;

/** An element type that an operation or a device does not take. */
public class DTypeException extends EngineException {
  private static final long serialVersionUID = 1L;

  public DTypeException(String op, String problem, String got, String expected, String hint) {
    super(op, problem, got, expected, hint);
  }
}
