package org.hypergrad.fop;

/** Which M the hypergradient of a step multiplies, where the parameter moves first. */
public enum HypergradientAt {
  /**
   * M of this step, as printed (Eq. 4 and 10, Algorithm 1), though it is not the M that the
   * derivative is by; off by the last change of M, so to first order in its rate.
   */
  CURRENT_M,
  /** M that made the last step: the exact derivative. Keeps one more copy of M. */
  PREVIOUS_M
}
