package org.hypergrad.nn.train;

/**
 * Looks on while a model is trained; may save, report, or {@link Trainer#stop}. What it throws ends
 * training where {@link Trainer#progress} then says.
 */
public interface Callback {
  /** After each step. */
  default void stepped(Trainer trainer, StepResult step) {}

  /**
   * After each batch of an evaluation. The place of training is before the evaluation meanwhile:
   * who goes on there evaluates again.
   *
   * @param examples seen so far
   * @param all how many there are
   */
  default void evaluated(Trainer trainer, long examples, long all) {}

  /** After each epoch and its validation. */
  default void epochEnded(Trainer trainer, EpochResult epoch) {}
}
