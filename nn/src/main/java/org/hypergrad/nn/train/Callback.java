package org.hypergrad.nn.train;

/** Looks on while a model is trained; may save, report, or {@link Trainer#stop}. */
public interface Callback {
  /** After each step. */
  default void stepped(Trainer trainer, StepResult step) {}

  /** After each epoch and its validation. */
  default void epochEnded(Trainer trainer, EpochResult epoch) {}
}
