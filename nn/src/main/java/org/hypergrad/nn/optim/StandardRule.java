package org.hypergrad.nn.optim;

import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Parameter;

/**
 * A rule of the form theta -= rate d, where the direction d follows from the gradients alone; its
 * parts can be taken apart, so that another rule can work on gradient or direction.
 */
public interface StandardRule extends Rule {
  /**
   * A decaying mean as small as this is set to 0. Else where gradients stay 0, as at the dark
   * border of images, it would end among the subnormal numbers for ever, with which processors
   * compute a hundred times slower.
   */
  double NEGLIGIBLE = 1e-30;

  /** Factor of theta that is added to the gradient: the derivative of the penalty |theta|^2 / 2. */
  double weightDecay();

  /** Rate at which theta shrinks beside the step, independent of the gradient (AdamW). */
  default double decoupledDecay() {
    return 0;
  }

  /**
   * The direction d of this step, of the gradient's shape. It may be the gradient itself or a
   * tensor of the state: neither to be changed nor to be kept beyond the step.
   *
   * @param gradient of the loss with its penalty
   * @param state changed
   */
  Tensor direction(Tensor gradient, State state);

  /** The gradient of the loss with its penalty: g + weightDecay theta. */
  default Tensor penalised(Tensor theta, Tensor gradient) {
    return weightDecay() == 0 ? gradient : gradient.add(theta.mul(weightDecay()));
  }

  /** theta = (1 - rate decoupledDecay) theta - rate d. */
  default void descend(Tensor theta, Tensor direction, double rate) {
    Tensor kept = decoupledDecay() == 0 ? theta : theta.mul(1 - rate * decoupledDecay());
    theta.assign(kept.sub(direction.mul(rate)));
  }

  @Override
  default void step(Parameter parameter, Tensor gradient, State state, double rate) {
    Tensor theta = parameter.value();
    descend(theta, direction(penalised(theta, gradient), state), rate);
  }
}
