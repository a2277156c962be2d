package org.hypergrad.engine.error;

/** A tensor used after its end, or made where nothing would ever end it. */
public class LifetimeException extends EngineException {
  private static final long serialVersionUID = 1L;

  public LifetimeException(String op, String problem, String got, String expected, String hint) {
    super(op, problem, got, expected, hint);
  }
}
