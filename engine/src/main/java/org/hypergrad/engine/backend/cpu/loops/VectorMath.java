package org.hypergrad.engine.backend.cpu.loops;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transcendental functions of float vectors, from additions, products and fused multiply-adds
 * alone.
 *
 * <p>Those are exact to the bit in IEEE 754, so that an element's result is the same in the
 * interpreter, compiled, and at every vector width. The Vector API's own EXP, LOG and so on are
 * not: compiled code calls a vendor's library there, the interpreter {@link Math}.
 */
final class VectorMath {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  /** 1.5 times 2^23: added to a small float, it leaves its nearest integer in the low bits. */
  private static final float ROUND = 0x1.8p23f;

  private static final int ROUND_BITS = 0x4B400000;
  private static final int BIAS = 127;
  private static final int FRACTION_BITS = 23;
  private static final float LOG2_E = 1.44269504f;

  /**
   * log 2 in two parts, the first of few bits so that its products with small integers are exact.
   */
  private static final float LN2_HIGH = 0x1.62e4p-1f;

  private static final float LN2_LOW = (float) (0.6931471805599453 - 0x1.62e4p-1);

  private VectorMath() {}

  /** e to the x, within 2 ulp; denormal results too. */
  static FloatVector exp(FloatVector x) {
    // Beyond these the result is infinite or rounds to 0; NaN fails both tests and stays.
    FloatVector limited = x.blend(89f, x.compare(VectorOperators.GT, 89f));
    limited = limited.blend(-104f, x.compare(VectorOperators.LT, -104f));
    FloatVector shifted = limited.mul(LOG2_E).add(ROUND);
    FloatVector n = shifted.sub(ROUND);
    FloatVector p = expMinusOne(remainder(limited, n)).add(1f);
    // 2^n in two factors, since n alone may exceed the range of exponents.
    IntVector exponent = shifted.reinterpretAsInts().sub(ROUND_BITS);
    IntVector half = exponent.lanewise(ASHR, 1);
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
  }

  /** exp(x) - 1 for x &le; 0, within 3 ulp. */
  static FloatVector expMinusOneOfNegative(FloatVector x) {
    FloatVector limited = x.blend(-40f, x.compare(VectorOperators.LT, -40f));
    FloatVector shifted = limited.mul(LOG2_E).add(ROUND);
    FloatVector n = shifted.sub(ROUND);
    FloatVector scale = powerOfTwo(shifted.reinterpretAsInts().sub(ROUND_BITS));
    return expMinusOne(remainder(limited, n)).fma(scale, scale.sub(1f));
  }

  // x - n log 2, in [-log(2)/2, log(2)/2] if n is the nearest integer to x / log 2.
  private static FloatVector remainder(FloatVector x, FloatVector n) {
    return n.fma(broadcast(-LN2_LOW), n.fma(broadcast(-LN2_HIGH), x));
  }

  // exp(r) - 1 by its Taylor series to r^7, whose next term is below 5e-9 of exp(r).
  private static FloatVector expMinusOne(FloatVector r) {
    FloatVector p = broadcast(1f / 5040);
    p = p.fma(r, broadcast(1f / 720));
    p = p.fma(r, broadcast(1f / 120));
    p = p.fma(r, broadcast(1f / 24));
    p = p.fma(r, broadcast(1f / 6));
    p = p.fma(r, broadcast(0.5f));
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
    FloatVector result = n.fma(broadcast(LN2_HIGH), logNearOne(m.sub(1f), n.mul(LN2_LOW)));
    VectorMask<Float> finite = x.compare(VectorOperators.GT, 0f);
    FloatVector edge = x.blend(Float.NaN, x.compare(VectorOperators.LT, 0f));
    edge = edge.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0f));
    return edge.blend(result, finite.and(x.compare(VectorOperators.LT, Float.POSITIVE_INFINITY)));
  }

  // log(1 + f) + low: with s = f / (2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 + R), where R is the
  // rest of the series of 2 artanh(s) / s after its first term; the next term is below 4e-9.
  private static FloatVector logNearOne(FloatVector f, FloatVector low) {
    FloatVector s = f.div(f.add(2f));
    FloatVector z = s.mul(s);
    FloatVector rest = broadcast(2f / 9);
    rest = rest.fma(z, broadcast(2f / 7));
    rest = rest.fma(z, broadcast(2f / 5));
    rest = rest.fma(z, broadcast(2f / 3));
    FloatVector halfSquare = f.mul(f).mul(0.5f);
    FloatVector correction = s.fma(rest.fma(z, halfSquare), low);
    return f.sub(halfSquare.sub(correction));
  }

  /** log(1 + x) for x in [0, 1], within 3 ulp. */
  static FloatVector logOnePlus(FloatVector x) {
    FloatVector u = x.add(1f);
    // What 1 + x lost by rounding, put back by the slope of log.
    return log(u).add(x.sub(u.sub(1f)).div(u));
  }

  /** The hyperbolic tangent, within 3 ulp. */
  static FloatVector tanh(FloatVector x) {
    FloatVector e = expMinusOneOfNegative(x.abs().mul(-2f));
    return copySign(e.div(e.add(2f)).abs(), x);
  }

  /** 1 / (1 + exp(-x)), within 4 ulp; denormal results too. */
  static FloatVector sigmoid(FloatVector x) {
    FloatVector e = exp(x.abs().neg());
    FloatVector numerator = e.blend(1f, x.compare(VectorOperators.GE, 0f));
    return numerator.div(e.add(1f));
  }

  /** log(1 + exp(x)); above 20 x itself. */
  static FloatVector softplus(FloatVector x) {
    FloatVector positive = x.blend(0f, x.compare(VectorOperators.LT, 0f));
    FloatVector sum = logOnePlus(exp(x.abs().neg())).add(positive);
    return sum.blend(x, x.compare(VectorOperators.GT, 20f));
  }

  /** exp(-x^2 / 2). */
  static FloatVector gauss(FloatVector x) {
    return exp(x.mul(x).mul(-0.5f));
  }

  /**
   * The distribution function of the standard normal, given e = exp(-x^2 / 2); error below 1e-7.
   */
  static FloatVector normalCdf(FloatVector x, FloatVector e) {
    FloatVector tail = scaledErfc(x.abs().mul(0.70710678f)).mul(e).mul(0.5f);
    FloatVector upper = broadcast(1f).sub(tail);
    return tail.blend(upper, x.compare(VectorOperators.GE, 0f));
  }

  // exp(z^2) erfc(z) for z >= 0 as t P(t) with t = 1 / (1 + z / 2): P is the Chebyshev fit of
  // degree
  // 10 over all t, whose relative error is 8e-9.
  private static FloatVector scaledErfc(FloatVector z) {
    FloatVector t = broadcast(1f).div(z.fma(broadcast(0.5f), broadcast(1f)));
    FloatVector p = broadcast(0.04549809519f);
    p = p.fma(t, broadcast(-0.2464206837f));
    p = p.fma(t, broadcast(0.5189693416f));
    p = p.fma(t, broadcast(-0.4853369143f));
    p = p.fma(t, broadcast(0.1543218609f));
    p = p.fma(t, broadcast(-0.06927472699f));
    p = p.fma(t, broadcast(0.09627574352f));
    p = p.fma(t, broadcast(0.1748560008f));
    p = p.fma(t, broadcast(0.2469241835f));
    p = p.fma(t, broadcast(0.2820922986f));
    p = p.fma(t, broadcast(0.282094809f));
    return p.mul(t);
  }

  private static FloatVector copySign(FloatVector magnitude, FloatVector sign) {
    IntVector signBit = sign.reinterpretAsInts().and(Integer.MIN_VALUE);
    return magnitude.reinterpretAsInts().or(signBit).reinterpretAsFloats();
  }

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
