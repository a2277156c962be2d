package org.hypergrad.fop;

import org.hypergrad.engine.error.EngineException;

/**
 * Training that ran away: a hypergradient, a learned M or a step that is not finite, or three
 * gradients in a row.
 */
public final class FopException extends EngineException {
  private static final long serialVersionUID = 1L;

  private final String parameter;
  private final long step;
  private final double growth;

  FopException(
      String method,
      String problem,
      String parameter,
      long step,
      double growth,
      String got,
      String hint) {
    super(
        method,
        problem,
        "parameter " + parameter + ", step " + step + ", " + got,
        "finite values; under plain descent, 2 rho eps |g| |g'| < 1",
        hint);
    this.parameter = parameter;
    this.step = step;
    this.growth = growth;
  }

  /** Name of the parameter. */
  public String parameter() {
    return parameter;
  }

  /** Number of the parameter's step, from 1, that was not taken. */
  public long step() {
    return step;
  }

  /**
   * 2 rho eps |g| |g'|, which bounds the relative growth of M in this step where plain descent
   * moves it; NaN where there was no last step.
   */
  public double growth() {
    return growth;
  }
}
