package org.hypergrad.nn.optim;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/**
 * A standard rule whose steps one op makes for all parameters at once: each input is read once,
 * each result written once. It changes what {@link StandardRule#step} would, up to rounding.
 */
public interface FusedRule extends StandardRule {
  /**
   * What one parameter brings to a common step.
   *
   * @param numbers what depends on the step
   * @param states in the order of their places, changed by the step
   */
  record Prepared(Descend.Part numbers, List<Tensor> states) {}

  /** The formulas. */
  DescentRule descent();

  /**
   * Counts a step, and makes the states that are not there yet.
   *
   * @param gradient for type and shape
   * @param rate learning rate of the step
   */
  Prepared prepare(Tensor gradient, State state, double rate);

  @Override
  default void step(List<Update> updates, double rate) {
    List<Descend.Part> parts = new ArrayList<>();
    List<Tensor> operands = new ArrayList<>();
    for (Update update : updates) {
      Prepared prepared = prepare(update.gradient(), update.state(), rate);
      parts.add(prepared.numbers());
      operands.add(update.parameter().value());
      operands.add(update.gradient());
      operands.addAll(prepared.states());
    }
    new Descend(descent(), parts).apply(operands.toArray(Tensor[]::new));
  }
}
