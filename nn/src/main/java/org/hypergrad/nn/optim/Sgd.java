package org.hypergrad.nn.optim;

import java.util.List;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/**
 * Stochastic gradient descent, with momentum if asked for: v = momentum v + (1 - dampening) g, and
 * v = g at the first step; d = v, or d = g + momentum v (Nesterov). The rate is not in v, so that a
 * change of rate acts at once.
 *
 * @param rate learning rate
 * @param momentum in [0, 1); 0 for none
 * @param dampening in [0, 1]
 * @param nesterov needs momentum, and no dampening
 * @param weightDecay as in {@link StandardRule#weightDecay}
 */
public record Sgd(
    double rate, double momentum, double dampening, boolean nesterov, double weightDecay)
    implements FusedRule {
  /**
   * Checks the ranges.
   *
   * @throws ArgumentException that names the value
   */
  public Sgd {
    Ranges.notNegative("sgd", "rate", rate);
    Ranges.decay("sgd", "momentum", momentum);
    Ranges.check("sgd", "dampening", dampening, dampening >= 0 && dampening <= 1, "[0, 1]");
    Ranges.notNegative("sgd", "weight decay", weightDecay);
    if (nesterov && (momentum == 0 || dampening != 0)) {
      throw new ArgumentException(
          "sgd",
          "Nesterov needs momentum and no dampening",
          "momentum " + momentum + ", dampening " + dampening,
          "momentum > 0, dampening 0",
          "");
    }
  }

  /** Plain gradient descent. */
  public Sgd(double rate) {
    this(rate, 0, 0, false, 0);
  }

  public Sgd momentum(double value) {
    return new Sgd(rate, value, dampening, nesterov, weightDecay);
  }

  public Sgd dampening(double value) {
    return new Sgd(rate, momentum, value, nesterov, weightDecay);
  }

  /** Looks ahead by the velocity. */
  public Sgd withNesterov() {
    return new Sgd(rate, momentum, dampening, true, weightDecay);
  }

  public Sgd weightDecay(double value) {
    return new Sgd(rate, momentum, dampening, nesterov, value);
  }

  @Override
  public Tensor direction(Tensor gradient, State state) {
    if (momentum == 0) {
      return gradient;
    }
    Tensor velocity = state.get("velocity");
    Tensor next =
        velocity == null ? gradient : velocity.mul(momentum).add(gradient.mul(1 - dampening));
    state.store("velocity", next.hardShrink(NEGLIGIBLE));
    Tensor moved = state.get("velocity");
    return nesterov ? gradient.add(moved.mul(momentum)) : moved;
  }

  @Override
  public DescentRule descent() {
    return new DescentRule.Sgd(momentum, nesterov, weightDecay);
  }

  @Override
  public Prepared prepare(Tensor gradient, State state, double rate) {
    if (momentum == 0) {
      return new Prepared(new Descend.Part(rate, 1, 1, 1), List.of());
    }
    double fresh = state.has("velocity") ? 1 - dampening : 1;
    Tensor velocity = state.zeros("velocity", gradient);
    return new Prepared(new Descend.Part(rate, fresh, 1, 1), List.of(velocity));
  }
}
