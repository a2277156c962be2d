package org.hypergrad.fop;

/** What moves first in a step. */
public enum Order {
  /**
   * The parameter, by M as the last step left it; then M (Algorithm 1, as printed). So the newest
   * gradient acts through M in the step after the next.
   */
  THETA_FIRST,
  /** M, so that the newest gradient acts through it at once (Baydin et al., 2018); then theta. */
  M_FIRST
}
