package org.hypergrad.nn.optim;

import java.util.List;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/**
 * Adam (Kingma and Ba, 2015): m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, and with
 * t counted from 1, d = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon). Its first step is
 * rate sign(g), whatever the size of g.
 *
 * @param rate learning rate
 * @param beta1 decay of the mean gradient, in [0, 1)
 * @param beta2 decay of the mean squared gradient, in [0, 1)
 * @param epsilon added to the root
 * @param weightDecay as in {@link StandardRule#weightDecay}
 * @param decoupledDecay as in {@link StandardRule#decoupledDecay} (Loshchilov and Hutter, 2019)
 */
public record Adam(
    double rate,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double decoupledDecay)
    implements FusedRule {
  /**
   * Checks the ranges.
   *
   * @throws org.hypergrad.engine.error.ArgumentException that names the value
   */
  public Adam {
    Ranges.notNegative("adam", "rate", rate);
    Ranges.decay("adam", "beta1", beta1);
    Ranges.decay("adam", "beta2", beta2);
    Ranges.notNegative("adam", "epsilon", epsilon);
    Ranges.notNegative("adam", "weight decay", weightDecay);
    Ranges.notNegative("adam", "decoupled decay", decoupledDecay);
  }

  /** With beta1 .9, beta2 .999 and epsilon 1e-8. */
  public Adam(double rate) {
    this(rate, 0.9, 0.999, 1e-8, 0, 0);
  }

  /** AdamW: Adam with decoupled weight decay. */
  public static Adam adamW(double rate, double decoupledDecay) {
    return new Adam(rate, 0.9, 0.999, 1e-8, 0, decoupledDecay);
  }

  public Adam betas(double first, double second) {
    return new Adam(rate, first, second, epsilon, weightDecay, decoupledDecay);
  }

  public Adam epsilon(double value) {
    return new Adam(rate, beta1, beta2, value, weightDecay, decoupledDecay);
  }

  public Adam weightDecay(double value) {
    return new Adam(rate, beta1, beta2, epsilon, value, decoupledDecay);
  }

  public Adam decoupledDecay(double value) {
    return new Adam(rate, beta1, beta2, epsilon, weightDecay, value);
  }

  @Override
  public Tensor direction(Tensor gradient, State state) {
    long t = state.count("step");
    Tensor mean = state.zeros("mean", gradient);
    mean.assign(mean.mul(beta1).add(gradient.mul(1 - beta1)).hardShrink(NEGLIGIBLE));
    Tensor square = state.zeros("square", gradient);
    square.assign(square.mul(beta2).add(gradient.square().mul(1 - beta2)));
    double second = 1 - Math.pow(beta2, t);
    Tensor root = square.mul(1 / second).sqrt().add(epsilon);
    return mean.mul(1 / (1 - Math.pow(beta1, t))).div(root);
  }

  @Override
  public DescentRule descent() {
    return new DescentRule.Adam(beta1, beta2, epsilon, weightDecay);
  }

  @Override
  public Prepared prepare(Tensor gradient, State state, double rate) {
    long t = state.count("step");
    Descend.Part numbers =
        new Descend.Part(
            rate,
            1 / (1 - Math.pow(beta1, t)),
            1 / (1 - Math.pow(beta2, t)),
            1 - rate * decoupledDecay);
    Tensor mean = state.zeros("mean", gradient);
    return new Prepared(numbers, List.of(mean, state.zeros("square", gradient)));
  }
}
