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

  /**
   * What changes, by its gradient.
   *
   * @param state of this rule
   */
  record Move(Tensor value, Tensor gradient, State state) {}

  @Override
  default void step(List<Update> updates, double rate) {
    List<Move> moves = new ArrayList<>();
    for (Update u : updates) {
      moves.add(new Move(u.parameter().value(), u.gradient(), u.state()));
    }
    move(moves, descent(), rate);
  }

  /**
   * Steps of tensors that need not be parameters.
   *
   * @param formulas {@link #descent}, or without its weight decay where gradients have it in them
   */
  default void move(List<Move> moves, DescentRule formulas, double rate) {
    List<Descend.Part> parts = new ArrayList<>();
    List<Tensor> operands = new ArrayList<>();
    for (Move move : moves) {
      Prepared prepared = prepare(move.gradient, move.state, rate);
      parts.add(prepared.numbers());
      operands.add(move.value);
      operands.add(move.gradient);
      operands.addAll(prepared.states());
    }
    new Descend(formulas, parts).apply(operands.toArray(Tensor[]::new));
  }
}
