package org.hypergrad.engine.backend.cpu.loops;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.UnaryKind;

/**
 * Loops by the Vector API: one copy of {@link VectorTemplate} per function. Powers and the
 * functions of angles have no vector form, as that would take double vectors; they run by
 * definition.
 */
final class VectorLoops extends FloatLoops {
  private static final byte[] TEMPLATE = template(VectorTemplate.class);

  private final PlainLoops definitions = new PlainLoops();

  private static byte[] template(Class<?> template) {
    try (InputStream stream =
        VectorLoops.class.getResourceAsStream(template.getSimpleName() + ".class")) {
      return stream.readAllBytes();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static FloatLoop loop(int operands, VectorFunction function) {
    return (FloatLoop) copy(TEMPLATE, new VectorTemplate.Data(function, operands));
  }

  /** The loops over rows of k. */
  static MapLoops map(int k) {
    return (MapLoops) copy(template(VectorMap.class), k);
  }

  /** An object of a new copy of a class. */
  private static Object copy(byte[] template, Object data) {
    try {
      return MethodHandles.lookup()
          .defineHiddenClassWithClassData(template, data, true)
          .lookupClass()
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  FloatLoop makeUnary(UnaryKind kind) {
    VectorFunction function = VectorUnary.value(kind);
    return function == null ? definitions.makeUnary(kind) : loop(1, function);
  }

  @Override
  FloatLoop makeUnaryGradient(UnaryKind kind) {
    VectorFunction function = VectorUnary.gradient(kind);
    return function == null ? definitions.makeUnaryGradient(kind) : loop(2, function);
  }

  @Override
  FloatLoop makeBinary(BinaryKind kind) {
    VectorFunction function = VectorBinary.value(kind);
    return function == null ? definitions.makeBinary(kind) : loop(2, function);
  }

  @Override
  FloatLoop makeBinaryGradient(BinaryKind kind, boolean second) {
    VectorFunction function = second ? VectorBinary.gradientY(kind) : VectorBinary.gradientX(kind);
    return function == null ? definitions.makeBinaryGradient(kind, second) : loop(3, function);
  }

  @Override
  public String toString() {
    return "vector loops of " + VectorWidth.SHAPE.vectorBitSize() + " bits";
  }
}
