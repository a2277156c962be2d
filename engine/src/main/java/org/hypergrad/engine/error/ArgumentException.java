package org.hypergrad.engine.error;

/** An attribute, index or label outside of what an operation takes. */
public class ArgumentException extends EngineException {
  private static final long serialVersionUID = 1L;

  public ArgumentException(String op, String problem, String got, String expected, String hint) {
    super(op, problem, got, expected, hint);
  }
}
