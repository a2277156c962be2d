package org.hypergrad.fop;

/** Where the learned map P stands in a step of the base rule. */
public enum Preset {
  /**
   * Algorithm 1 of the paper, as printed: P g goes into the base rule as its gradient, the
   * parameter moves before M, and the hypergradient is taken at the current M. Exact to first order
   * in the rate of M for plain descent and momentum; off by the factor 1 + momentum with Nesterov,
   * by 1 - dampening with dampening, and altogether for Adam, which removes the scale of P g. Where
   * steps have a momentum, H sees the last step alone, as the paper's section 2.3 has it: what an M
   * of some steps ago still does through the velocity is left out, and with a momentum above .5 M
   * grows where with a smaller one it would shrink.
   */
  PAPER,
  /**
   * P multiplies what the base rule would have subtracted (the velocity, Adam's direction), and M
   * moves before the parameter. The hypergradient of each step is then exact for every base rule.
   */
  DIRECTION;

  /** The order that belongs to it. */
  Order order() {
    return this == PAPER ? Order.THETA_FIRST : Order.M_FIRST;
  }
}
