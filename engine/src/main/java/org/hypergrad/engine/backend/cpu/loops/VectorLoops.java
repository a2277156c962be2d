package org.hypergrad.engine.backend.cpu.loops;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.UnaryKind;

/** Loops by the Vector API: one copy of {@link VectorTemplate} per function. */
final class VectorLoops extends FloatLoops {
  private static final byte[] TEMPLATE = template();

  private static byte[] template() {
    try (InputStream stream = VectorLoops.class.getResourceAsStream("VectorTemplate.class")) {
      return stream.readAllBytes();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static FloatLoop loop(int operands, VectorFunction function) {
    try {
      return (FloatLoop)
          MethodHandles.lookup()
              .defineHiddenClassWithClassData(
                  TEMPLATE, new VectorTemplate.Data(function, operands), true)
              .lookupClass()
              .getDeclaredConstructor()
              .newInstance();
    } catch (ReflectiveOperationException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  FloatLoop makeUnary(UnaryKind kind) {
    return loop(1, VectorUnary.value(kind));
  }

  @Override
  FloatLoop makeUnaryGradient(UnaryKind kind) {
    return loop(2, VectorUnary.gradient(kind));
  }

  @Override
  FloatLoop makeBinary(BinaryKind kind) {
    return loop(2, VectorBinary.value(kind));
  }

  @Override
  FloatLoop makeBinaryGradient(BinaryKind kind, boolean second) {
    return loop(3, second ? VectorBinary.gradientY(kind) : VectorBinary.gradientX(kind));
  }

  @Override
  public String toString() {
    return "vector loops of " + FloatVector.SPECIES_PREFERRED.vectorBitSize() + " bits";
  }
}
