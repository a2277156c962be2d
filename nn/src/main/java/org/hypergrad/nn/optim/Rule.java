package org.hypergrad.nn.optim;

import java.util.List;
import java.util.Optional;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Parameter;

/**
 * How one parameter changes by its gradient: a value that holds hyper-parameters alone. What is
 * remembered between steps is in a {@link State} that the caller keeps.
 */
public interface Rule {
  /** The learning rate without a schedule. */
  double rate();

  /**
   * Changes the parameter, and {@code state}. Called with a scope open and no tape recording, on
   * the parameter's device. The gradient is not changed; its elements may be kept until the next
   * step, so that nobody else changes them meanwhile.
   *
   * @param gradient of the type and shape of the parameter
   * @param state what the last step left; empty at first
   * @param rate learning rate of this step
   */
  void step(Parameter parameter, Tensor gradient, State state, double rate);

  /**
   * One parameter's part in a step.
   *
   * @param parameter what changes
   * @param gradient of the type and shape of the parameter
   * @param state what the last step left
   */
  record Update(Parameter parameter, Tensor gradient, State state) {}

  /**
   * Changes several parameters of one device and type, as {@link #step(Parameter, Tensor, State,
   * double)} would one after another, up to rounding.
   */
  default void step(List<Update> updates, double rate) {
    for (Update update : updates) {
      step(update.parameter, update.gradient, update.state, rate);
    }
  }

  /** What to change if training diverges, as half a sentence. */
  default String remedy() {
    return "a learning rate below " + rate();
  }

  /**
   * What is known to go wrong with these settings, said once by an optimizer when it is made.
   *
   * @param parameters those that the rule is to change
   */
  default Optional<String> caution(List<Parameter> parameters) {
    return Optional.empty();
  }

  /** Called in place of {@link #step} when no gradient reached the parameter. */
  default void skip(Parameter parameter, State state) {}
}
