package org.hypergrad.engine.op;

/**
 * How an optimizer changes one element: the formulas of {@link Descend}, in double. An element has
 * the parameter theta, its gradient g and up to three states, of which a rule may leave some out.
 * What depends on the step is in {@link Descend.Part}.
 */
public sealed interface DescentRule {
  /** Places for states; a rule's states keep their place when others are left out. */
  int STATES = 3;

  /** A decaying mean of at most this is set to 0, so that none ends among subnormal numbers. */
  double NEGLIGIBLE = 1e-30;

  /** The name in messages. */
  String name();

  /** Whether the state of this place is there. */
  boolean has(int state);

  /** Factor of theta that is added to the gradient. */
  double weightDecay();

  /**
   * Whether the next theta is finite wherever all numbers are, and far from an overflow: what a
   * rule adds to a divisor, if it has one, must not be 0 in float32.
   */
  boolean dividesSafely();

  /** The same rule for gradients that have the weight decay in them. */
  DescentRule withoutWeightDecay();

  /**
   * The next theta; {@code states} change.
   *
   * @param states by place; those that are left out are neither read nor changed
   */
  double next(double theta, double gradient, double[] states, Descend.Part part);

  /** Number of states that are there. */
  default int states() {
    int count = 0;
    for (int state = 0; state < STATES; state++) {
      count += has(state) ? 1 : 0;
    }
    return count;
  }

  private static double unlessNegligible(double mean) {
    return Math.abs(mean) <= NEGLIGIBLE ? 0 : mean;
  }

  private static double penalised(double gradient, double theta, double weightDecay) {
    return weightDecay == 0 ? gradient : gradient + weightDecay * theta;
  }

  /**
   * Gradient descent: v = momentum v + a g, theta -= rate d, where d is v, or g + momentum v
   * (Nesterov). State 0 is v, which starts from 0 and is left out without momentum, where d = g.
   * The part's factor a is 1 at first, then 1 - dampening.
   */
  record Sgd(double momentum, boolean nesterov, double weightDecay) implements DescentRule {
    @Override
    public String name() {
      return "sgd step";
    }

    @Override
    public boolean has(int state) {
      return state == 0 && momentum != 0;
    }

    @Override
    public boolean dividesSafely() {
      return true;
    }

    @Override
    public DescentRule withoutWeightDecay() {
      return new Sgd(momentum, nesterov, 0);
    }

    @Override
    public double next(double theta, double gradient, double[] states, Descend.Part part) {
      double g = penalised(gradient, theta, weightDecay);
      if (momentum == 0) {
        return theta - part.rate() * g;
      }
      states[0] = unlessNegligible(momentum * states[0] + part.a() * g);
      return theta - part.rate() * (nesterov ? g + momentum * states[0] : states[0]);
    }
  }

  /**
   * Adam: m = beta1 m + (1 - beta1) g in state 0, v = beta2 v + (1 - beta2) g^2 in state 1, theta =
   * c theta - rate a m / (sqrt(b v) + epsilon). The part's factors: a = 1 / (1 - beta1^t), b = 1 /
   * (1 - beta2^t), c = 1 - rate times the decoupled decay.
   */
  record Adam(double beta1, double beta2, double epsilon, double weightDecay)
      implements DescentRule {
    @Override
    public String name() {
      return "adam step";
    }

    @Override
    public boolean has(int state) {
      return state < 2;
    }

    @Override
    public boolean dividesSafely() {
      return (float) epsilon > 0;
    }

    @Override
    public DescentRule withoutWeightDecay() {
      return new Adam(beta1, beta2, epsilon, 0);
    }

    @Override
    public double next(double theta, double gradient, double[] states, Descend.Part part) {
      double g = penalised(gradient, theta, weightDecay);
      states[0] = unlessNegligible(beta1 * states[0] + (1 - beta1) * g);
      states[1] = beta2 * states[1] + (1 - beta2) * g * g;
      double direction = part.a() * states[0] / (Math.sqrt(part.b() * states[1]) + epsilon);
      return part.c() * theta - part.rate() * direction;
    }
  }

  /**
   * RMSProp: s = alpha s + (1 - alpha) g^2 in state 0; if centered, m = alpha m + (1 - alpha) g in
   * state 1, and max(0, s - m^2) takes the place of s; u = g / (sqrt(s) + epsilon), or with
   * momentum u = momentum u + g / (...) in state 2; theta -= rate u.
   */
  record RmsProp(
      double alpha, double epsilon, double momentum, boolean centered, double weightDecay)
      implements DescentRule {
    @Override
    public String name() {
      return "rmsprop step";
    }

    @Override
    public boolean has(int state) {
      return state == 0 || (state == 1 && centered) || (state == 2 && momentum != 0);
    }

    @Override
    public boolean dividesSafely() {
      return (float) epsilon > 0;
    }

    @Override
    public DescentRule withoutWeightDecay() {
      return new RmsProp(alpha, epsilon, momentum, centered, 0);
    }

    @Override
    public double next(double theta, double gradient, double[] states, Descend.Part part) {
      double g = penalised(gradient, theta, weightDecay);
      states[0] = alpha * states[0] + (1 - alpha) * g * g;
      double spread = states[0];
      if (centered) {
        states[1] = alpha * states[1] + (1 - alpha) * g;
        spread = Math.max(0, spread - states[1] * states[1]);
      }
      double direction = g / (Math.sqrt(spread) + epsilon);
      if (momentum != 0) {
        states[2] = unlessNegligible(momentum * states[2] + direction);
        direction = states[2];
      }
      return theta - part.rate() * direction;
    }
  }

  /**
   * Adagrad: s = s + g^2 in state 0, theta -= rate a g / (sqrt(s) + epsilon). The part's factor: a
   * = 1 / (1 + (t - 1) times the decay of the rate).
   */
  record Adagrad(double epsilon, double weightDecay) implements DescentRule {
    @Override
    public String name() {
      return "adagrad step";
    }

    @Override
    public boolean has(int state) {
      return state == 0;
    }

    @Override
    public boolean dividesSafely() {
      return (float) epsilon > 0;
    }

    @Override
    public DescentRule withoutWeightDecay() {
      return new Adagrad(epsilon, 0);
    }

    @Override
    public double next(double theta, double gradient, double[] states, Descend.Part part) {
      double g = penalised(gradient, theta, weightDecay);
      states[0] += g * g;
      return theta - part.rate() * (g / (Math.sqrt(states[0]) + epsilon) * part.a());
    }
  }
}
