package org.hypergrad.fop;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;

/**
 * When and how far a learned map moves, whatever rule moves it. None of this is in the paper, whose
 * way is {@link #PLAIN}. M stands for s and p of {@link Shd} and {@link Pphd} too.
 *
 * @param scaleFree whether the hypergradient is divided by eps |g| |u|, with the Frobenius norm: H
 *     = -(g u^T + u g^T) M / (|g| |u|). It is then the same whatever unit the loss has and whatever
 *     the rate, and with plain descent at a rate below 1/2 no step can make M singular
 * @param every M moves in every so many steps; each H is still that of two steps in a row
 * @param first number of the first step in which M may move, from 2: the first step has nothing to
 *     learn from
 * @param clip limit of |dM| / |M| in a step, by the Frobenius norm; infinite for none
 * @param cap limit of |M|_2^2, the largest eigenvalue of M M^T, kept by scaling M; infinite for
 *     none, and for {@link Fop} alone. {@link SpectralNorm} says how exact it is
 */
public record Learning(boolean scaleFree, long every, long first, double clip, double cap) {
  /** As in the paper: in every step, and without limits. */
  public static final Learning PLAIN =
      new Learning(false, 1, 2, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

  /**
   * Checks the ranges.
   *
   * @throws ArgumentException that names the value
   */
  public Learning {
    check("steps between moves of M", every, every >= 1, ">= 1");
    check("first step in which M moves", first, first >= 2, ">= 2");
    check("clip of |dM| / |M|", clip, clip > 0, "> 0; infinity for none");
    check("cap of |M|_2^2", cap, cap > 0, "> 0; infinity for none");
  }

  private static void check(String what, Number value, boolean fits, String range) {
    if (!fits) {
      throw new ArgumentException("fop", what + " out of range", value.toString(), range, "");
    }
  }

  /** With H divided by eps |g| |u|. */
  public Learning withoutScale() {
    return new Learning(true, every, first, clip, cap);
  }

  /** With M moving in every {@code steps}-th step alone. */
  public Learning every(long steps) {
    return new Learning(scaleFree, steps, first, clip, cap);
  }

  /** With M at rest before this step. */
  public Learning from(long step) {
    return new Learning(scaleFree, every, step, clip, cap);
  }

  /** With |dM| at most {@code ratio} |M|. */
  public Learning clip(double ratio) {
    return new Learning(scaleFree, every, first, ratio, cap);
  }

  /** With |M|_2^2 at most {@code limit}. */
  public Learning cap(double limit) {
    return new Learning(scaleFree, every, first, clip, limit);
  }

  /** Whether M moves in this step, counted from 1. */
  boolean movesAt(long step) {
    return step >= first && (step - first) % every == 0;
  }

  /** Whether there is a cap. */
  boolean isCapped() {
    return cap < Double.POSITIVE_INFINITY;
  }

  /** Whether the hyper-rule alone decides how far M moves. */
  boolean isFree() {
    return !scaleFree && clip == Double.POSITIVE_INFINITY && !isCapped();
  }

  /** For methods that have no matrix to cap. */
  void requireNoCap(String method) {
    if (isCapped()) {
      throw new ArgumentException(
          method, "no matrix to cap", "cap " + cap, "none", "limit its steps by clip");
    }
  }

  /** {@code next}, or a point nearer to {@code m}. */
  Tensor clipped(Tensor m, Tensor next) {
    if (clip == Double.POSITIVE_INFINITY) {
      return next;
    }
    Tensor change = next.sub(m);
    double length = change.norm().item();
    double longest = clip * m.norm().item();
    return length <= longest ? next : m.add(change.mul(longest / length));
  }

  /** u / (|g| |u|); 0 if u = 0. */
  static Tensor scaled(Tensor u, Tensor g) {
    return u.div(positive(u.norm())).div(positive(g.norm()));
  }

  /** x, but for 0 a number that can be divided by. */
  static Tensor positive(Tensor x) {
    return x.maximum(Tensor.full(Float.MIN_NORMAL, x.dtype()));
  }
}
