package org.hypergrad.nn.optim;

import java.util.List;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/**
 * Adagrad (Duchi et al., 2011): s = s + g^2 and d = g / (sqrt(s) + epsilon), divided by 1 + (t - 1)
 * rateDecay at step t = 1, 2, ...
 *
 * @param rate learning rate
 * @param rateDecay how fast the rate falls, beside what s does
 * @param first value of s at the start
 * @param epsilon added to the root
 * @param weightDecay as in {@link StandardRule#weightDecay}
 */
public record Adagrad(
    double rate, double rateDecay, double first, double epsilon, double weightDecay)
    implements FusedRule {
  /**
   * Checks the ranges.
   *
   * @throws org.hypergrad.engine.error.ArgumentException that names the value
   */
  public Adagrad {
    Ranges.notNegative("adagrad", "rate", rate);
    Ranges.notNegative("adagrad", "rate decay", rateDecay);
    Ranges.notNegative("adagrad", "first", first);
    Ranges.notNegative("adagrad", "epsilon", epsilon);
    Ranges.notNegative("adagrad", "weight decay", weightDecay);
  }

  /** With epsilon 1e-10, s starting at 0 and no decay of the rate. */
  public Adagrad(double rate) {
    this(rate, 0, 0, 1e-10, 0);
  }

  public Adagrad rateDecay(double value) {
    return new Adagrad(rate, value, first, epsilon, weightDecay);
  }

  public Adagrad first(double value) {
    return new Adagrad(rate, rateDecay, value, epsilon, weightDecay);
  }

  public Adagrad epsilon(double value) {
    return new Adagrad(rate, rateDecay, first, value, weightDecay);
  }

  public Adagrad weightDecay(double value) {
    return new Adagrad(rate, rateDecay, first, epsilon, value);
  }

  @Override
  public Tensor direction(Tensor gradient, State state) {
    long t = state.count("step");
    Tensor sum = sum(gradient, state);
    sum.assign(sum.add(gradient.square()));
    return gradient.div(sum.sqrt().add(epsilon)).mul(1 / (1 + (t - 1) * rateDecay));
  }

  private Tensor sum(Tensor gradient, State state) {
    return state.get("sum", () -> Tensor.full(first, gradient.dtype(), gradient.shape().toArray()));
  }

  @Override
  public DescentRule descent() {
    return new DescentRule.Adagrad(epsilon, weightDecay);
  }

  @Override
  public Prepared prepare(Tensor gradient, State state, double rate) {
    double slowed = 1 / (1 + (state.count("step") - 1) * rateDecay);
    return new Prepared(new Descend.Part(rate, slowed, 1, 1), List.of(sum(gradient, state)));
  }
}
