package org.hypergrad.engine.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;

/** A device and the element type in which it computes a case. */
enum Target {
  REFERENCE_DOUBLE(DType.FLOAT64),
  REFERENCE(DType.FLOAT32),
  CPU(DType.FLOAT32);

  private final DType dtype;

  Target(DType dtype) {
    this.dtype = dtype;
  }

  boolean isDouble() {
    return dtype == DType.FLOAT64;
  }

  /** Runs a case on this device, in a scope. */
  void run(Runnable body) {
    Device device = this == CPU ? Device.cpu() : Device.reference();
    device.run(() -> Scope.run(body));
  }

  Tensor tensor(double[] values, long... extents) {
    return isDouble()
        ? Tensor.of(values, extents)
        : Scope.call(
            () -> {
              float[] floats = new float[values.length];
              for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) values[i];
              }
              return Tensor.of(floats, extents);
            });
  }

  Tensor vector(double... values) {
    return tensor(values, values.length);
  }

  Tensor full(double value, long... extents) {
    return Tensor.full(value, dtype, extents);
  }

  /** {@code start, start + 1, ...} in this shape. */
  Tensor counting(double start, long... extents) {
    long count = Arrays.stream(extents).reduce(1, Math::multiplyExact);
    return Tensor.arange(start, 1, count, dtype).reshape(extents);
  }

  /**
   * The output of {@code function}, then the gradients by each input of the sum of the output times
   * {@code arriving}.
   */
  static Tensor[] differentiate(
      Function<Tensor[], Tensor> function, Tensor arriving, Tensor... inputs) {
    Arrays.stream(inputs).forEach(Tensor::requireGradient);
    return Tape.record(
        tape -> {
          Tensor[] result = new Tensor[inputs.length + 1];
          result[0] = function.apply(inputs);
          Gradients g = tape.backward(List.of(result[0]), List.of(arriving));
          for (int i = 0; i < inputs.length; i++) {
            result[i + 1] = g.of(inputs[i]);
          }
          return result;
        });
  }

  /**
   * Asserts values that agree within {@code tolerance}, relative above 1 and absolute below; NaN
   * and infinities in the same places.
   */
  static void assertNear(String what, double[] expected, Tensor actual, double tolerance) {
    double[] values = actual.toDoubles();
    assertEquals(expected.length, values.length, what + ": number of elements");
    for (int i = 0; i < values.length; i++) {
      double e = expected[i];
      boolean same =
          Double.isFinite(e)
              ? Math.abs(e - values[i]) <= tolerance * Math.max(1, Math.abs(e))
              : Double.compare(e, values[i]) == 0;
      if (!same) {
        throw new AssertionError(
            what + "[" + i + "]: expected " + e + ", got " + values[i] + " in " + actual);
      }
    }
  }
}
