package org.hypergrad.nn.train;

import org.hypergrad.engine.error.EngineException;

/** Training that was stopped because the loss is not a finite number. */
public final class DivergenceException extends EngineException {
  private static final long serialVersionUID = 1L;

  private final long step;
  private final String tensor;

  /**
   * A stop before a step was taken.
   *
   * @param step number of the step, from 1
   * @param tensor the first that is not finite, in the order in which data flow
   */
  public DivergenceException(long step, String tensor, String got, String hint) {
    super(
        "training",
        "stopped before step " + step + ": " + tensor + " is not finite",
        got,
        "a finite loss",
        hint);
    this.step = step;
    this.tensor = tensor;
  }

  /** Number of the step that was not taken, from 1. */
  public long step() {
    return step;
  }

  /** The first tensor that is not finite, such as {@code parameter fc1.weight}. */
  public String tensor() {
    return tensor;
  }
}
