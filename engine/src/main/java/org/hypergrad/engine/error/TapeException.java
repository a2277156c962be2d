package org.hypergrad.engine.error;

/** A gradient that cannot be had: asked for twice, or its saved values are gone. */
public class TapeException extends EngineException {
  private static final long serialVersionUID = 1L;

  public TapeException(String op, String problem, String got, String expected, String hint) {
    super(op, problem, got, expected, hint);
  }
}
