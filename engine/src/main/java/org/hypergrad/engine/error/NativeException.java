package org.hypergrad.engine.error;

/** A failed call into a native library, with its name and status. */
public class NativeException extends EngineException {
  private static final long serialVersionUID = 1L;

  public NativeException(String op, String problem, String got, String expected, String hint) {
    super(op, problem, got, expected, hint);
  }
}
