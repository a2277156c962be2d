package org.hypergrad.engine.error;

/** Extents, ranks, axes or strides that do not fit an operation. */
public class ShapeException extends EngineException {
  private static final long serialVersionUID = 1L;

  public ShapeException(String op, String problem, String got, String expected, String hint) {
    super(op, problem, got, expected, hint);
  }
}
