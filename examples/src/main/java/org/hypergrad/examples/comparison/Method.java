package org.hypergrad.examples.comparison;

import org.hypergrad.fop.Fop;
import org.hypergrad.fop.Norm;
import org.hypergrad.fop.Pphd;
import org.hypergrad.fop.Preconditioner;
import org.hypergrad.fop.Preset;
import org.hypergrad.fop.Shd;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.StandardRule;

/**
 * What is compared. What learns something does so by Adam, with a rate that no schedule changes.
 */
public enum Method {
  /** Gradient descent with momentum. */
  MOMENTUM("momentum"),
  /** The same with a learned factor of the rate for each layer. */
  S_HD("s-hd"),
  /** The same with a learned factor of the rate for each weight. */
  PP_HD("pp-hd"),
  /** FOP on momentum with P scaled to |P| = |I|. */
  FOP_NORM("fop-norm"),
  /** FOP on momentum as Algorithm 1 has it. */
  FOP("fop"),
  /** FOP on momentum with P on the velocity. */
  FOP_DIRECTION("fop-direction"),
  /** Adam without FOP. */
  ADAM("adam"),
  /** FOP on Adam as Algorithm 1 has it. */
  ADAM_FOP("adam+fop");

  /**
   * The last, dense layer of a network for images has no P, as in the paper. One object, so that
   * rules are equal.
   */
  private static final Selector DENSE = Selector.role(Role.DENSE_WEIGHT);

  private final String text;

  Method(String text) {
    this.text = text;
  }

  /** The name on the command line. */
  @Override
  public String toString() {
    return text;
  }

  /** Whether it moves weights by Adam, and so needs a rate that is far smaller. */
  public boolean isAdam() {
    return this == ADAM || this == ADAM_FOP;
  }

  /** The method without anything learned that this one is built around; itself if it is one. */
  public Method base() {
    return isAdam() ? ADAM : MOMENTUM;
  }

  /** The rule for a run. */
  public Rule rule(Task settings) {
    Sgd momentum =
        new Sgd(settings.rate()).momentum(settings.momentum()).weightDecay(settings.weightDecay());
    Adam adam = new Adam(settings.rate()).weightDecay(settings.weightDecay());
    Adam learning = new Adam(settings.hyperRate());
    return switch (this) {
      case MOMENTUM -> momentum;
      case S_HD -> Shd.over(momentum).multiplier(learning);
      case PP_HD -> Pphd.over(momentum).hyper(learning);
      case FOP_NORM -> fop(momentum, learning).norm(Norm.PLAIN);
      case FOP -> fop(momentum, learning);
      case FOP_DIRECTION -> fop(momentum, learning).preset(Preset.DIRECTION);
      case ADAM -> adam;
      case ADAM_FOP -> fop(adam, learning);
    };
  }

  private static Fop fop(StandardRule base, Adam learning) {
    return Fop.over(base).hyper(learning).where(DENSE, Preconditioner.none());
  }
}
