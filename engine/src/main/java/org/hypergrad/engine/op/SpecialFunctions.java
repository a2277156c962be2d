package org.hypergrad.engine.op;

/** Mathematical functions in double that {@link Math} lacks. */
public final class SpecialFunctions {
  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
  private static final double ONE_OVER_SQRT_2_PI = 1 / Math.sqrt(2 * Math.PI);

  /** Where the continued fraction takes over from the series; there both need some 60 terms. */
  private static final double SERIES_LIMIT = 2;

  private SpecialFunctions() {}

  /**
   * The error function 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x, with an absolute
   * error below 1e-15.
   */
  public static double erf(double x) {
    double magnitude = Math.abs(x);
    if (magnitude <= SERIES_LIMIT) {
      return series(x);
    }
    return Math.copySign(1 - continuedFraction(magnitude), x);
  }

  /** 1 - erf(x), without the cancellation for a large x: relative error below 1e-13. */
  public static double erfc(double x) {
    if (Math.abs(x) <= SERIES_LIMIT) {
      return 1 - series(x);
    }
    double tail = continuedFraction(Math.abs(x));
    return x > 0 ? tail : 2 - tail;
  }

  /** The distribution function of the standard normal. */
  public static double normalCdf(double x) {
    return 0.5 * erfc(-x * Math.sqrt(0.5));
  }

  /** The density of the standard normal. */
  public static double normalPdf(double x) {
    return ONE_OVER_SQRT_2_PI * Math.exp(-0.5 * x * x);
  }

  /**
   * x to the power y with C's edge values, which PyTorch has too: 1 to any power, NaN included, is
   * 1, and so is -1 to an infinite power; {@link Math#pow} says NaN there. (Of the constant
   * exponents that PyTorch computes by another function, the square root differs: its {@code
   * pow(-inf, 0.5)} is NaN, here it is infinity.)
   */
  public static double pow(double x, double y) {
    return x == 1 || (x == -1 && Double.isInfinite(y)) ? 1 : Math.pow(x, y);
  }

  // Abramowitz and Stegun 7.1.6: erf(x) = 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (1 3 .. (2n+1)).
  // All terms have the sign of x, so nothing cancels.
  private static double series(double x) {
    double square = x * x;
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > Math.ulp(sum) / 4; n++) {
      term *= 2 * square / (2 * n + 1);
      sum += term;
    }
    return TWO_OVER_SQRT_PI * expMinusSquare(x) * sum;
  }

  // Abramowitz and Stegun 7.1.14: sqrt(pi) exp(x^2) erfc(x) = 1/(x+ (1/2)/(x+ 1/(x+ (3/2)/(x+ ...
  // evaluated from the inside; 60 levels reach the accuracy of double at the series' limit.
  private static double continuedFraction(double x) {
    double denominator = x;
    for (int level = 60; level >= 1; level--) {
      denominator = x + 0.5 * level / denominator;
    }
    return expMinusSquare(x) * (TWO_OVER_SQRT_PI / 2) / denominator;
  }

  // exp(-x^2) with the rounding error of the square put right, as exp would magnify it.
  private static double expMinusSquare(double x) {
    double square = x * x;
    if (square > 800) {
      return 0;
    }
    return Math.exp(-square) * (1 - Math.fma(x, x, -square));
  }
}
