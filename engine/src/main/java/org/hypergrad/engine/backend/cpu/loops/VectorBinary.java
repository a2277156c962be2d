package org.hypergrad.engine.backend.cpu.loops;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.hypergrad.engine.op.BinaryKind;

/** {@link BinaryKind}'s functions in float32 vectors; null for those that have no such form. */
final class VectorBinary {
  private VectorBinary() {}

  static VectorFunction value(BinaryKind kind) {
    return switch (kind) {
      case ADD -> (x, y, z, a, b) -> x.add(y);
      case SUB -> (x, y, z, a, b) -> x.sub(y);
      case MUL -> (x, y, z, a, b) -> x.mul(y);
      case DIV -> (x, y, z, a, b) -> x.div(y);
      case POW -> null;
      case MAXIMUM -> (x, y, z, a, b) -> x.max(y);
      case MINIMUM -> (x, y, z, a, b) -> x.min(y);
      case SQUARED_DIFFERENCE ->
          (x, y, z, a, b) -> {
            FloatVector d = x.sub(y);
            return d.mul(d);
          };
      case BINARY_CROSS_ENTROPY ->
          (x, y, z, a, b) -> VectorMath.positive(x).sub(x.mul(y)).add(VectorMath.logOnePlusExp(x));
    };
  }

  static VectorFunction gradientX(BinaryKind kind) {
    return switch (kind) {
      case ADD, SUB -> (dz, x, y, a, b) -> dz;
      case MUL -> (dz, x, y, a, b) -> dz.mul(y);
      case DIV -> (dz, x, y, a, b) -> dz.div(y);
      case POW -> null;
      case MAXIMUM -> (dz, x, y, a, b) -> chosen(dz, x.compare(LT, y), x.compare(EQ, y));
      case MINIMUM -> (dz, x, y, a, b) -> chosen(dz, x.compare(GT, y), x.compare(EQ, y));
      case SQUARED_DIFFERENCE -> (dz, x, y, a, b) -> dz.mul(2f).mul(x.sub(y));
      case BINARY_CROSS_ENTROPY -> (dz, x, y, a, b) -> dz.mul(VectorMath.sigmoid(x).sub(y));
    };
  }

  static VectorFunction gradientY(BinaryKind kind) {
    return switch (kind) {
      case ADD -> (dz, x, y, a, b) -> dz;
      case SUB -> (dz, x, y, a, b) -> dz.neg();
      case MUL -> (dz, x, y, a, b) -> dz.mul(x);
      case DIV -> (dz, x, y, a, b) -> dz.neg().mul(x.div(y).div(y));
      case POW -> null;
      case MAXIMUM -> (dz, x, y, a, b) -> chosen(dz, y.compare(LT, x), x.compare(EQ, y));
      case MINIMUM -> (dz, x, y, a, b) -> chosen(dz, y.compare(GT, x), x.compare(EQ, y));
      case SQUARED_DIFFERENCE -> (dz, x, y, a, b) -> dz.mul(-2f).mul(x.sub(y));
      case BINARY_CROSS_ENTROPY -> (dz, x, y, a, b) -> dz.neg().mul(x);
    };
  }

  /** 0 where the other side was chosen, half where both tie. */
  private static FloatVector chosen(
      FloatVector dz, VectorMask<Float> other, VectorMask<Float> tie) {
    return dz.blend(dz.mul(0.5f), tie).blend(0f, other);
  }
}
