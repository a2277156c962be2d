package org.hypergrad.engine.backend.cpu.loops;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import org.hypergrad.engine.op.UnaryKind;

/** {@link UnaryKind}'s functions in float32 vectors; null for those that have no such form. */
final class VectorUnary {
  private static final float SOFTPLUS_LINEAR = 20;
  private static final float ONE_OVER_SQRT_2_PI = 0.3989423f;
  private static final float GELU_SCALE = (float) UnaryKind.GELU_SCALE;
  private static final float GELU_CUBIC = (float) UnaryKind.GELU_CUBIC;

  private VectorUnary() {}

  static VectorFunction value(UnaryKind kind) {
    return switch (kind) {
      case NEG -> (x, y, z, a, b) -> x.neg();
      case ABS -> (x, y, z, a, b) -> x.abs();
      case EXP -> (x, y, z, a, b) -> VectorMath.exp(x);
      case LOG -> (x, y, z, a, b) -> VectorMath.log(x);
      case SQRT -> (x, y, z, a, b) -> x.sqrt();
      case SQUARE -> (x, y, z, a, b) -> x.mul(x);
      case RECIPROCAL -> (x, y, z, a, b) -> one(x).div(x);
      case TANH -> (x, y, z, a, b) -> VectorMath.tanh(x);
      case SIGMOID -> (x, y, z, a, b) -> VectorMath.sigmoid(x);
      case RELU -> (x, y, z, a, b) -> x.blend(0f, x.compare(LT, 0f));
      case LEAKY_RELU -> (x, y, z, a, b) -> x.mul(a).blend(x, x.compare(GT, 0f));
      case HARD_SHRINK -> (x, y, z, a, b) -> x.blend(0f, x.abs().compare(LE, a));
      case GELU -> (x, y, z, a, b) -> x.mul(VectorMath.normalCdf(x, VectorMath.gauss(x)));
      case GELU_TANH -> (x, y, z, a, b) -> x.mul(0.5f).mul(geluTanh(x).add(1f));
      case SOFTPLUS -> (x, y, z, a, b) -> VectorMath.softplus(x);
      case CLAMP ->
          (x, y, z, a, b) -> {
            FloatVector raised = x.blend(a, x.compare(LT, a));
            return raised.blend(b, raised.compare(GT, b));
          };
      case ADD_SCALAR -> (x, y, z, a, b) -> x.add(a);
      case MUL_SCALAR -> (x, y, z, a, b) -> x.mul(a);
      case SIN, COS, POW -> null;
    };
  }

  /** The operands are dy, and what the kind keeps. */
  static VectorFunction gradient(UnaryKind kind) {
    return switch (kind) {
      case NEG -> (dy, x, z, a, b) -> dy.neg();
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
      case RECIPROCAL -> (dy, y, z, a, b) -> dy.neg().mul(y.mul(y));
      case TANH -> (dy, y, z, a, b) -> dy.mul(one(y).sub(y.mul(y)));
      case SIGMOID -> (dy, y, z, a, b) -> dy.mul(one(y).sub(y)).mul(y);
      case RELU -> (dy, y, z, a, b) -> dy.blend(0f, y.compare(LE, 0f));
      case LEAKY_RELU -> (dy, x, z, a, b) -> dy.mul(a).blend(dy, x.compare(GT, 0f));
      case HARD_SHRINK -> (dy, x, z, a, b) -> dy.blend(0f, x.abs().compare(LE, a));
      case GELU ->
          (dy, x, z, a, b) -> {
            FloatVector e = VectorMath.gauss(x);
            return dy.mul(VectorMath.normalCdf(x, e).add(x.mul(e.mul(ONE_OVER_SQRT_2_PI))));
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
          (dy, x, z, a, b) ->
              dy.mul(VectorMath.sigmoid(x)).blend(dy, x.compare(GT, SOFTPLUS_LINEAR));
      case CLAMP ->
          (dy, x, z, a, b) ->
              FloatVector.zero(x.species()).blend(dy, x.compare(GE, a).and(x.compare(LE, b)));
      case ADD_SCALAR -> (dy, x, z, a, b) -> dy;
      case MUL_SCALAR -> (dy, x, z, a, b) -> dy.mul(a);
      case SIN, COS, POW -> null;
    };
  }

  static FloatVector one(FloatVector like) {
    return FloatVector.broadcast(like.species(), 1f);
  }

  private static FloatVector geluTanh(FloatVector x) {
    return VectorMath.tanh(x.mul(x).mul(x).mul(GELU_CUBIC).add(x).mul(GELU_SCALE));
  }
}
