package org.hypergrad.nn.train;

import org.hypergrad.engine.error.EngineException;

/** Training that was stopped because a loss or a parameter is not finite. */
public final class DivergenceException extends EngineException {
  private static final long serialVersionUID = 1L;

  private final long step;
  private final String tensor;

  /**
   * A stop before or after a step.
   *
   * @param when {@code before} or {@code after}
   * @param step number of the step, from 1
   * @param tensor the first that is not finite, in the order in which data flow
   */
  public DivergenceException(String when, long step, String tensor, String got, String hint) {
    super(
        "training",
        "stopped " + when + " step " + step + ": " + tensor + " is not finite",
        got,
        "finite numbers",
        hint);
    this.step = step;
    this.tensor = tensor;
  }

  /** Number of the step before or after which it stopped, from 1. */
  public long step() {
    return step;
  }

  /** The first tensor that is not finite, such as {@code parameter fc1.weight}. */
  public String tensor() {
    return tensor;
  }
}
