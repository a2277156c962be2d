package org.hypergrad.fop;

/**
 * Whether P keeps a fixed size: sqrt(m) P / |P|, P [m, m] (Eq. 11). The paper does not name its
 * norm; |I| = sqrt(m) says that it is Frobenius's. Nor does it give the hypergradient of this.
 */
public enum Norm {
  /** P as it is. */
  NONE,
  /**
   * Normalised; the hypergradient ignores that, as the paper has one formula for H. M's scale may
   * drift unseen.
   */
  PLAIN,
  /**
   * Normalised, with the derivative through the norm. For P = M M^T, where the scale of M then does
   * not matter, the hypergradient is orthogonal to M; for I + M M^T it is not.
   */
  EXACT
}
