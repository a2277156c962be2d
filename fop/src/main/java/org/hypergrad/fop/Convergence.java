package org.hypergrad.fop;

import org.hypergrad.engine.error.ArgumentException;

/**
 * The variant of the paper's convergence analysis (section 6, Theorem 1): theta moves by gamma(t) P
 * / |P|_2 in place of P, with gamma(t) = delta(t) |P|_2 + (1 - delta(t)) p, so that P's size goes
 * to p while its shape stays learned. The paper leaves delta open but for t delta(t) -> 0; here it
 * is delta(t) = (1 + t / horizon)^-2, with t = 0 in the first step.
 *
 * <p>This is no guarantee. The theorem's proof bounds |P| as growing linearly, where M' = (I + rho
 * eps S) M allows a growth that is exponential in t, for which t delta(t) -> 0 is not enough; and
 * it needs p eps between 1 / (L + 1) and 1 / L for a gradient with Lipschitz constant L, which is
 * rarely known. The second theorem's rate has a counterexample in one dimension.
 *
 * <p>The hypergradient ignores gamma, as the paper's does.
 *
 * @param limit p, the spectral norm that P ends with
 * @param horizon steps after which a quarter of P's own size is left
 */
public record Convergence(double limit, double horizon) {
  /**
   * Checks the ranges.
   *
   * @throws ArgumentException if a number is not positive and finite
   */
  public Convergence {
    check("limit of |P|_2", limit);
    check("horizon", horizon);
  }

  private static void check(String what, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new ArgumentException(
          "fop", what + " out of range", String.valueOf(value), "finite and > 0", "");
    }
  }

  /** gamma(t) / |P|_2, for |P|_2 > 0. */
  double factor(double size, long t) {
    double delta = Math.pow(1 + t / horizon, -2);
    return delta + (1 - delta) * limit / size;
  }
}
