package org.hypergrad.fop;

/** Which M the hypergradient of a step multiplies, where the parameter moves first. */
public enum HypergradientAt {
  /** M of this step, as printed in the paper; off by the last change of M. */
  CURRENT_M,
  /** M that made the last step: the exact derivative. Keeps one more copy of M. */
  PREVIOUS_M
}
