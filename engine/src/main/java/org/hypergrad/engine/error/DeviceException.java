package org.hypergrad.engine.error;

/** A device that cannot run, or operands that lie on different devices. */
public class DeviceException extends EngineException {
  private static final long serialVersionUID = 1L;

  public DeviceException(String op, String problem, String got, String expected, String hint) {
    super(op, problem, got, expected, hint);
  }
}
