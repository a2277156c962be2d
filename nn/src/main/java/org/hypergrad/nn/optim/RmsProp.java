package org.hypergrad.nn.optim;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/**
 * RMSProp (Tieleman and Hinton, 2012): s = alpha s + (1 - alpha) g^2 and u = g / (sqrt(s) +
 * epsilon), or with the variance s - m^2 under the root if centered, where m = alpha m + (1 -
 * alpha) g; d = u, or with momentum d = momentum d + u. PyTorch's definition.
 *
 * @param rate learning rate
 * @param alpha decay of the means, in [0, 1)
 * @param epsilon added to the root
 * @param momentum in [0, 1); 0 for none
 * @param centered whether to divide by the standard deviation in place of the root mean square
 * @param weightDecay as in {@link StandardRule#weightDecay}
 */
public record RmsProp(
    double rate,
    double alpha,
    double epsilon,
    double momentum,
    boolean centered,
    double weightDecay)
    implements FusedRule {
  /**
   * Checks the ranges.
   *
   * @throws org.hypergrad.engine.error.ArgumentException that names the value
   */
  public RmsProp {
    Ranges.notNegative("rmsprop", "rate", rate);
    Ranges.decay("rmsprop", "alpha", alpha);
    Ranges.notNegative("rmsprop", "epsilon", epsilon);
    Ranges.decay("rmsprop", "momentum", momentum);
    Ranges.notNegative("rmsprop", "weight decay", weightDecay);
  }

  /** With alpha .99 and epsilon 1e-8. */
  public RmsProp(double rate) {
    this(rate, 0.99, 1e-8, 0, false, 0);
  }

  public RmsProp alpha(double value) {
    return new RmsProp(rate, value, epsilon, momentum, centered, weightDecay);
  }

  public RmsProp epsilon(double value) {
    return new RmsProp(rate, alpha, value, momentum, centered, weightDecay);
  }

  public RmsProp momentum(double value) {
    return new RmsProp(rate, alpha, epsilon, value, centered, weightDecay);
  }

  /** Divides by the standard deviation. */
  public RmsProp withCentering() {
    return new RmsProp(rate, alpha, epsilon, momentum, true, weightDecay);
  }

  public RmsProp weightDecay(double value) {
    return new RmsProp(rate, alpha, epsilon, momentum, centered, value);
  }

  @Override
  public Tensor direction(Tensor gradient, State state) {
    Tensor square = state.zeros("square", gradient);
    square.assign(square.mul(alpha).add(gradient.square().mul(1 - alpha)));
    Tensor spread = square;
    if (centered) {
      Tensor mean = state.zeros("mean", gradient);
      mean.assign(mean.mul(alpha).add(gradient.mul(1 - alpha)));
      // Rounding may make a variance of almost nothing negative.
      spread = square.sub(mean.square()).clamp(0, Double.POSITIVE_INFINITY);
    }
    Tensor scaled = gradient.div(spread.sqrt().add(epsilon));
    if (momentum == 0) {
      return scaled;
    }
    Tensor velocity = state.zeros("velocity", gradient);
    return velocity.assign(velocity.mul(momentum).add(scaled).hardShrink(NEGLIGIBLE));
  }

  @Override
  public DescentRule descent() {
    return new DescentRule.RmsProp(alpha, epsilon, momentum, centered, weightDecay);
  }

  @Override
  public Prepared prepare(Tensor gradient, State state, double rate) {
    List<Tensor> states = new ArrayList<>();
    states.add(state.zeros("square", gradient));
    if (centered) {
      states.add(state.zeros("mean", gradient));
    }
    if (momentum != 0) {
      states.add(state.zeros("velocity", gradient));
    }
    return new Prepared(new Descend.Part(rate, 1, 1, 1), states);
  }
}
