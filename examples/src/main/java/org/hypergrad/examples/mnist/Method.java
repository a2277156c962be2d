package org.hypergrad.examples.mnist;

import java.util.Locale;
import org.hypergrad.fop.Fop;
import org.hypergrad.fop.Preconditioner;
import org.hypergrad.fop.Preset;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;

/** What is compared. */
enum Method {
  /** Gradient descent with momentum, at the rate of all. */
  MOMENTUM,
  /** The same at its own best rate: a control for what FOP gains by longer steps alone. */
  MOMENTUM_BEST,
  /** FOP as Algorithm 1 has it, on momentum. */
  FOP,
  /** FOP with M left as it was drawn: a control for what is learned. */
  FOP_FROZEN,
  /** FOP with P on the velocity. */
  FOP_DIRECTION,
  /** Adam at the rate of all, without FOP. */
  ADAM;

  /** The name on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The rule for a run. */
  Rule rule(Settings settings, long seed) {
    Sgd momentum = new Sgd(settings.rate()).momentum(settings.momentum());
    return switch (this) {
      case MOMENTUM, MOMENTUM_BEST -> momentum;
      case ADAM -> new Adam(settings.rate());
      case FOP -> fop(settings, momentum, seed);
      case FOP_DIRECTION -> fop(settings, momentum, seed).preset(Preset.DIRECTION);
      case FOP_FROZEN -> Fop.over(momentum).seed(seed).where(weights(), dense(settings).freeze());
    };
  }

  /** Whether it has an M that learns. */
  boolean learns() {
    return this == FOP || this == FOP_DIRECTION;
  }

  private static Fop fop(Settings settings, Sgd base, long seed) {
    return Fop.over(base)
        .seed(seed)
        .hyper(new Adam(settings.hyperRate()))
        .where(weights(), dense(settings));
  }

  private static Selector weights() {
    return Selector.role(Role.DENSE_WEIGHT);
  }

  private static Preconditioner dense(Settings settings) {
    Preconditioner chosen =
        settings.rank() == 0 ? Preconditioner.fullRank() : Preconditioner.lowRank(settings.rank());
    return chosen.deviation(settings.deviation());
  }
}
