package org.hypergrad.engine.backend.cpu.loops;

import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.COS;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.EXP;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LOG;
import static jdk.incubator.vector.VectorOperators.LOG1P;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NEG;
import static jdk.incubator.vector.VectorOperators.POW;
import static jdk.incubator.vector.VectorOperators.SIN;
import static jdk.incubator.vector.VectorOperators.SQRT;
import static jdk.incubator.vector.VectorOperators.TANH;

import jdk.incubator.vector.FloatVector;
import org.hypergrad.engine.op.UnaryKind;

/** {@link UnaryKind}'s functions in float32 vectors. */
final class VectorUnary {
  private static final float SOFTPLUS_LINEAR = 20;
  private static final float SQRT_HALF = 0.70710677f;
  private static final float ONE_OVER_SQRT_2_PI = 0.3989423f;
  private static final float GELU_SCALE = (float) UnaryKind.GELU_SCALE;
  private static final float GELU_CUBIC = (float) UnaryKind.GELU_CUBIC;

  private VectorUnary() {}

  static VectorFunction value(UnaryKind kind) {
    return switch (kind) {
      case NEG -> (x, y, z, a, b) -> x.lanewise(NEG);
      case ABS -> (x, y, z, a, b) -> x.lanewise(ABS);
      case EXP -> (x, y, z, a, b) -> x.lanewise(EXP);
      case LOG -> (x, y, z, a, b) -> x.lanewise(LOG);
      case SQRT -> (x, y, z, a, b) -> x.lanewise(SQRT);
      case SQUARE -> (x, y, z, a, b) -> x.mul(x);
      case RECIPROCAL -> (x, y, z, a, b) -> one(x).div(x);
      case SIN -> (x, y, z, a, b) -> x.lanewise(SIN);
      case COS -> (x, y, z, a, b) -> x.lanewise(COS);
      case TANH -> (x, y, z, a, b) -> x.lanewise(TANH);
      case SIGMOID -> (x, y, z, a, b) -> sigmoid(x);
      case RELU -> (x, y, z, a, b) -> x.blend(0f, x.compare(LT, 0f));
      case LEAKY_RELU -> (x, y, z, a, b) -> x.mul(a).blend(x, x.compare(GT, 0f));
      case GELU -> (x, y, z, a, b) -> x.mul(normalCdf(x));
      case GELU_TANH -> (x, y, z, a, b) -> x.mul(0.5f).mul(geluTanh(x).add(1f));
      case SOFTPLUS ->
          (x, y, z, a, b) ->
              x.lanewise(EXP).lanewise(LOG1P).blend(x, x.compare(GT, SOFTPLUS_LINEAR));
      case POW -> (x, y, z, a, b) -> pow(x, FloatVector.broadcast(x.species(), a));
      case CLAMP ->
          (x, y, z, a, b) -> {
            FloatVector raised = x.blend(a, x.compare(LT, a));
            return raised.blend(b, raised.compare(GT, b));
          };
      case ADD_SCALAR -> (x, y, z, a, b) -> x.add(a);
      case MUL_SCALAR -> (x, y, z, a, b) -> x.mul(a);
    };
  }

  /** The operands are dy, and what the kind keeps. */
  static VectorFunction gradient(UnaryKind kind) {
    return switch (kind) {
      case NEG -> (dy, x, z, a, b) -> dy.lanewise(NEG);
      case ABS ->
          (dy, x, z, a, b) -> {
            FloatVector sign =
                FloatVector.zero(x.species())
                    .blend(1f, x.compare(GT, 0f))
                    .blend(-1f, x.compare(LT, 0f));
            return dy.mul(sign);
          };
      case EXP -> (dy, y, z, a, b) -> dy.mul(y);
      case LOG -> (dy, x, z, a, b) -> dy.div(x);
      case SQRT -> (dy, y, z, a, b) -> dy.div(y.mul(2f));
      case SQUARE -> (dy, x, z, a, b) -> dy.mul(x.mul(2f));
      case RECIPROCAL -> (dy, y, z, a, b) -> dy.lanewise(NEG).mul(y.mul(y));
      case SIN -> (dy, x, z, a, b) -> dy.mul(x.lanewise(COS));
      case COS -> (dy, x, z, a, b) -> dy.lanewise(NEG).mul(x.lanewise(SIN));
      case TANH -> (dy, y, z, a, b) -> dy.mul(one(y).sub(y.mul(y)));
      case SIGMOID -> (dy, y, z, a, b) -> dy.mul(one(y).sub(y)).mul(y);
      case RELU -> (dy, y, z, a, b) -> dy.blend(0f, y.compare(LE, 0f));
      case LEAKY_RELU -> (dy, x, z, a, b) -> dy.mul(a).blend(dy, x.compare(GT, 0f));
      case GELU ->
          (dy, x, z, a, b) -> {
            FloatVector density = x.mul(x).mul(-0.5f).lanewise(EXP).mul(ONE_OVER_SQRT_2_PI);
            return dy.mul(normalCdf(x).add(x.mul(density)));
          };
      case GELU_TANH ->
          (dy, x, z, a, b) -> {
            FloatVector t = geluTanh(x);
            // Limited, so that its square is finite: 1 - t^2 is 0 there, and 0 times infinity NaN.
            FloatVector limited = x.max(-1e10f).min(1e10f);
            FloatVector slope = limited.mul(limited).mul(3 * GELU_CUBIC).add(1f).mul(GELU_SCALE);
            FloatVector inner = x.mul(one(t).sub(t.mul(t))).mul(slope);
            return dy.mul(0.5f).mul(t.add(1f).add(inner));
          };
      case SOFTPLUS ->
          (dy, x, z, a, b) -> dy.mul(sigmoid(x)).blend(dy, x.compare(GT, SOFTPLUS_LINEAR));
      case POW ->
          (dy, x, z, a, b) ->
              a == 0
                  ? FloatVector.zero(x.species())
                  : dy.mul(pow(x, FloatVector.broadcast(x.species(), a - 1)).mul(a));
      case CLAMP ->
          (dy, x, z, a, b) ->
              FloatVector.zero(x.species()).blend(dy, x.compare(GE, a).and(x.compare(LE, b)));
      case ADD_SCALAR -> (dy, x, z, a, b) -> dy;
      case MUL_SCALAR -> (dy, x, z, a, b) -> dy.mul(a);
    };
  }

  static FloatVector one(FloatVector like) {
    return FloatVector.broadcast(like.species(), 1f);
  }

  /** exp(-x) overflows to infinity for a very negative x, whose reciprocal is the right 0. */
  static FloatVector sigmoid(FloatVector x) {
    return one(x).div(x.lanewise(NEG).lanewise(EXP).add(1f));
  }

  private static FloatVector geluTanh(FloatVector x) {
    return x.mul(x).mul(x).mul(GELU_CUBIC).add(x).mul(GELU_SCALE).lanewise(TANH);
  }

  /**
   * The distribution function of the standard normal, by Abramowitz and Stegun's formula 7.1.26 for
   * the error function, whose absolute error is below 1.5e-7.
   */
  private static FloatVector normalCdf(FloatVector x) {
    FloatVector u = x.mul(SQRT_HALF).lanewise(ABS);
    FloatVector t = one(u).div(u.mul(0.3275911f).add(1f));
    FloatVector polynomial =
        t.mul(1.061405429f)
            .add(-1.453152027f)
            .mul(t)
            .add(1.421413741f)
            .mul(t)
            .add(-0.284496736f)
            .mul(t)
            .add(0.254829592f)
            .mul(t);
    FloatVector half = polynomial.mul(u.mul(u).lanewise(NEG).lanewise(EXP)).mul(0.5f);
    return half.blend(one(half).sub(half), x.compare(GT, 0f));
  }

  /** {@link org.hypergrad.engine.op.SpecialFunctions#pow}: C's edge values. */
  static FloatVector pow(FloatVector x, FloatVector y) {
    FloatVector power = x.lanewise(POW, y);
    FloatVector infinite = y.lanewise(ABS);
    return power
        .blend(1f, x.compare(EQ, 1f))
        .blend(1f, y.compare(EQ, 0f))
        .blend(1f, x.compare(EQ, -1f).and(infinite.compare(EQ, Float.POSITIVE_INFINITY)));
  }
}
