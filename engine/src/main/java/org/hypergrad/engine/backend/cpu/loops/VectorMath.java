package org.hypergrad.engine.backend.cpu.loops;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transcendental functions of float vectors, from additions, products and fused multiply-adds
 * alone.
 *
 * <p>Those are exact to the bit in IEEE 754, so that an element's result is the same in the
 * interpreter, compiled, and at every vector width. The Vector API's own EXP, LOG and so on are
 * not: compiled code calls a vendor's library there, the interpreter {@link Math}.
 */
public final class VectorMath {
  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;

  // Constants are vectors, as every broadcast in a formula brings the compiler's budget for
  // inlining
  // nearer to its end, beyond which vectors live on the heap.
  private static final FloatVector ZERO = constant(0);
  private static final FloatVector ONE = constant(1);
  private static final FloatVector TWO = constant(2);
  private static final FloatVector HALF = constant(0.5);
  private static final FloatVector MINUS_HALF = constant(-0.5);
  private static final FloatVector MINUS_TWO = constant(-2);
  private static final FloatVector SQRT_HALF = constant(Math.sqrt(0.5));
  private static final FloatVector SQRT_TWO = constant(Math.sqrt(2));

  /** 1.5 times 2^23: added to a small float, it leaves its nearest integer in the low bits. */
  private static final FloatVector ROUND = constant(0x1.8p23);

  /** 1 / log 2. */
  private static final FloatVector LOG2_E = constant(1.4426950408889634);

  /** log 2 in two parts, the first of few bits so that its products with integers are exact. */
  private static final FloatVector LN2_HIGH = constant(0x1.62e4p-1);

  private static final FloatVector LN2_LOW = constant(0.6931471805599453 - 0x1.62e4p-1);
  private static final FloatVector MINUS_LN2_HIGH = LN2_HIGH.neg();
  private static final FloatVector MINUS_LN2_LOW = LN2_LOW.neg();

  /** Above, exp is infinite. */
  private static final FloatVector EXP_MAX = constant(89);

  /** Below, exp rounds to 0. */
  private static final FloatVector EXP_MIN = constant(-104);

  /** Below, exp(x) - 1 rounds to -1. */
  private static final FloatVector EXP_MINUS_ONE_MIN = constant(-40);

  private static final FloatVector SOFTPLUS_LINEAR = constant(20);

  /** Coefficients of exp(r) from r^7 down to r^2. */
  private static final FloatVector EXP_7 = constant(1.0 / 5040);

  private static final FloatVector EXP_6 = constant(1.0 / 720);
  private static final FloatVector EXP_5 = constant(1.0 / 120);
  private static final FloatVector EXP_4 = constant(1.0 / 24);
  private static final FloatVector EXP_3 = constant(1.0 / 6);

  /** Coefficients of 2 artanh(s) / s - 2 from s^8 down to s^2. */
  private static final FloatVector ARTANH_8 = constant(2.0 / 9);

  private static final FloatVector ARTANH_6 = constant(2.0 / 7);
  private static final FloatVector ARTANH_4 = constant(2.0 / 5);
  private static final FloatVector ARTANH_2 = constant(2.0 / 3);

  /** Coefficients of {@link #scaledErfc} from t^11 down to t, by a Chebyshev fit. */
  private static final FloatVector ERFC_10 = constant(0.04549809519);

  private static final FloatVector ERFC_9 = constant(-0.2464206837);
  private static final FloatVector ERFC_8 = constant(0.5189693416);
  private static final FloatVector ERFC_7 = constant(-0.4853369143);
  private static final FloatVector ERFC_6 = constant(0.1543218609);
  private static final FloatVector ERFC_5 = constant(-0.06927472699);
  private static final FloatVector ERFC_4 = constant(0.09627574352);
  private static final FloatVector ERFC_3 = constant(0.1748560008);
  private static final FloatVector ERFC_2 = constant(0.2469241835);
  private static final FloatVector ERFC_1 = constant(0.2820922986);
  private static final FloatVector ERFC_0 = constant(0.282094809);

  private static final int BIAS = 127;
  private static final int FRACTION_BITS = 23;

  private static final VectorShuffle<Float> DISTANT_8 = distant(8);
  private static final VectorShuffle<Float> DISTANT_4 = distant(4);
  private static final VectorShuffle<Float> DISTANT_2 = distant(2);
  private static final VectorShuffle<Float> DISTANT_1 = distant(1);

  private VectorMath() {}

  private static VectorShuffle<Float> distant(int lanes) {
    return FLOATS.shuffleFromOp(lane -> (lane + lanes) % FLOATS.length());
  }

  /** Sum of all lanes, halves with halves: {@code reduceLanes} has no fixed order. */
  static float sum(FloatVector x) {
    FloatVector sum = x;
    if (FLOATS.length() > 8) {
      sum = sum.add(sum.rearrange(DISTANT_8));
    }
    if (FLOATS.length() > 4) {
      sum = sum.add(sum.rearrange(DISTANT_4));
    }
    sum = sum.add(sum.rearrange(DISTANT_2));
    return sum.add(sum.rearrange(DISTANT_1)).lane(0);
  }

  private static FloatVector constant(double value) {
    return FloatVector.broadcast(FLOATS, (float) value);
  }

  /** e to the x, within 2 ulp; denormal results too. */
  public static FloatVector exp(FloatVector x) {
    return expOfLimited(x.min(EXP_MAX).max(EXP_MIN));
  }

  /** exp(-|x|). */
  private static FloatVector expOfMinusMagnitude(FloatVector x) {
    return expOfLimited(ZERO.sub(x.abs()).max(EXP_MIN));
  }

  private static FloatVector expOfLimited(FloatVector limited) {
    FloatVector shifted = limited.fma(LOG2_E, ROUND);
    FloatVector p = expMinusOne(remainder(limited, shifted.sub(ROUND))).add(ONE);
    // 2^n in two factors, since n alone may exceed the range of exponents.
    IntVector exponent = exponent(shifted);
    IntVector half = exponent.lanewise(ASHR, 1);
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
  }

  /** exp(x) - 1 for x &le; 0, within 3 ulp. */
  static FloatVector expMinusOneOfNegative(FloatVector x) {
    FloatVector limited = x.max(EXP_MINUS_ONE_MIN);
    FloatVector shifted = limited.fma(LOG2_E, ROUND);
    FloatVector scale = powerOfTwo(exponent(shifted));
    return expMinusOne(remainder(limited, shifted.sub(ROUND))).fma(scale, scale.sub(ONE));
  }

  // The integer n of a sum n + ROUND.
  private static IntVector exponent(FloatVector shifted) {
    return shifted.reinterpretAsInts().sub(Float.floatToRawIntBits(0x1.8p23f));
  }

  // x - n log 2, in [-log(2)/2, log(2)/2] if n is the nearest integer to x / log 2.
  private static FloatVector remainder(FloatVector x, FloatVector n) {
    return n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, x));
  }

  // exp(r) - 1 by its Taylor series to r^7, whose next term is below 5e-9 of exp(r).
  private static FloatVector expMinusOne(FloatVector r) {
    FloatVector p = EXP_7.fma(r, EXP_6).fma(r, EXP_5).fma(r, EXP_4).fma(r, EXP_3).fma(r, HALF);
    return p.mul(r).fma(r, r);
  }

  private static FloatVector powerOfTwo(IntVector n) {
    return n.add(BIAS).lanewise(LSHL, FRACTION_BITS).reinterpretAsFloats();
  }

  /** The natural logarithm, within 2 ulp; -infinity at 0, NaN below. */
  static FloatVector log(FloatVector x) {
    VectorMask<Float> denormal = x.compare(VectorOperators.LT, Float.MIN_NORMAL);
    IntVector bits = x.mul(0x1p23f, denormal).reinterpretAsInts();
    // The exponent that leaves a mantissa m in [sqrt(1/2), sqrt(2)).
    IntVector fromRoot = bits.sub(Float.floatToRawIntBits(0.70710678f));
    IntVector exponent = fromRoot.lanewise(ASHR, FRACTION_BITS);
    FloatVector m = bits.sub(exponent.lanewise(LSHL, FRACTION_BITS)).reinterpretAsFloats();
    FloatVector n = (FloatVector) exponent.convert(VectorOperators.I2F, 0);
    n = n.sub(23f, denormal);
    FloatVector result = n.fma(LN2_HIGH, logNearOne(m.sub(ONE), n.mul(LN2_LOW)));
    VectorMask<Float> finite = x.compare(VectorOperators.GT, ZERO);
    FloatVector edge = x.blend(Float.NaN, x.compare(VectorOperators.LT, ZERO));
    edge = edge.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, ZERO));
    return edge.blend(result, finite.and(x.compare(VectorOperators.LT, Float.POSITIVE_INFINITY)));
  }

  // log(1 + f) + low: with s = f / (2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 + R), where R is the
  // rest of the series of 2 artanh(s) / s after its first term; the next term is below 4e-9.
  private static FloatVector logNearOne(FloatVector f, FloatVector low) {
    FloatVector s = f.div(f.add(TWO));
    FloatVector z = s.mul(s);
    FloatVector rest = ARTANH_8.fma(z, ARTANH_6).fma(z, ARTANH_4).fma(z, ARTANH_2);
    FloatVector halfSquare = f.mul(f).mul(HALF);
    FloatVector correction = s.fma(rest.fma(z, halfSquare), low);
    return f.sub(halfSquare.sub(correction));
  }

  /** log(1 + x) for x in [0, 1], within 3 ulp. */
  static FloatVector logOnePlus(FloatVector x) {
    // With u = 1 + x in [1, 2], m = u or u / 2 in [sqrt(1/2), sqrt(2)).
    FloatVector u = x.add(ONE);
    VectorMask<Float> upper = u.compare(VectorOperators.GT, SQRT_TWO);
    FloatVector m = u.blend(u.mul(HALF), upper);
    FloatVector n = ZERO.blend(ONE, upper);
    // What 1 + x lost by rounding, put back by the slope of log.
    FloatVector lost = x.sub(u.sub(ONE)).div(u);
    return n.fma(LN2_HIGH, logNearOne(m.sub(ONE), n.fma(LN2_LOW, lost)));
  }

  /** The hyperbolic tangent, within 3 ulp. */
  static FloatVector tanh(FloatVector x) {
    FloatVector e = expMinusOneOfNegative(x.abs().mul(MINUS_TWO));
    FloatVector magnitude = e.div(e.add(TWO)).abs();
    IntVector signBit = x.reinterpretAsInts().and(Integer.MIN_VALUE);
    return magnitude.reinterpretAsInts().or(signBit).reinterpretAsFloats();
  }

  /** 1 / (1 + exp(-x)), within 4 ulp; denormal results too. */
  static FloatVector sigmoid(FloatVector x) {
    FloatVector e = expOfMinusMagnitude(x);
    return e.blend(ONE, x.compare(VectorOperators.GE, ZERO)).div(e.add(ONE));
  }

  /** log(1 + exp(-|x|)). */
  static FloatVector logOnePlusExp(FloatVector x) {
    return logOnePlus(expOfMinusMagnitude(x));
  }

  /** max(x, 0), NaN if x is. */
  static FloatVector positive(FloatVector x) {
    return x.blend(ZERO, x.compare(VectorOperators.LT, ZERO));
  }

  /** log(1 + exp(x)); above 20 x itself. */
  static FloatVector softplus(FloatVector x) {
    FloatVector sum = positive(x).add(logOnePlusExp(x));
    return sum.blend(x, x.compare(VectorOperators.GT, SOFTPLUS_LINEAR));
  }

  /** exp(-x^2 / 2). */
  static FloatVector gauss(FloatVector x) {
    return exp(x.mul(x).mul(MINUS_HALF));
  }

  /**
   * The distribution function of the standard normal, given e = exp(-x^2 / 2); error below 1e-7.
   */
  static FloatVector normalCdf(FloatVector x, FloatVector e) {
    FloatVector tail = scaledErfc(x.abs().mul(SQRT_HALF)).mul(e).mul(HALF);
    return tail.blend(ONE.sub(tail), x.compare(VectorOperators.GE, ZERO));
  }

  // exp(z^2) erfc(z) for z >= 0 as t P(t) with t = 1 / (1 + z / 2): P is the Chebyshev fit of
  // degree
  // 10 over all t, whose relative error is 8e-9.
  private static FloatVector scaledErfc(FloatVector z) {
    FloatVector t = ONE.div(z.fma(HALF, ONE));
    FloatVector upper = ERFC_10.fma(t, ERFC_9).fma(t, ERFC_8).fma(t, ERFC_7).fma(t, ERFC_6);
    FloatVector middle = upper.fma(t, ERFC_5).fma(t, ERFC_4).fma(t, ERFC_3);
    return middle.fma(t, ERFC_2).fma(t, ERFC_1).fma(t, ERFC_0).mul(t);
  }
}
