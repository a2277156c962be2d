package org.hypergrad.engine.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Differentiable;
import org.hypergrad.engine.op.Op;

/**
 * A row of the conformance table.
 *
 * @param op the op with its attributes
 * @param inputs its inputs
 * @param constants inputs that take no gradient, one bit each
 */
record Case(Op op, List<Input> inputs, int constants) {
  static Case of(Op op, Input... inputs) {
    return new Case(op, List.of(inputs), 0);
  }

  Case constant(int... indices) {
    return new Case(op, inputs, Arrays.stream(indices).map(i -> 1 << i).sum());
  }

  boolean differentiable() {
    return op instanceof Differentiable;
  }

  boolean takesGradient(int i) {
    return differentiable() && inputs.get(i).floating() && (constants >>> i & 1) == 0;
  }

  /** Whether a gradient can flow from the first output to some input. */
  boolean hasGradient(DType floating) {
    Spec[] specs =
        inputs.stream()
            .map(i -> new Spec(i.floating() ? floating : i.integer(), i.shape()))
            .toArray(Spec[]::new);
    return differentiable()
        && op.infer(specs)[0].dtype().isFloating()
        && IntStream.range(0, specs.length).anyMatch(this::takesGradient);
  }

  /** The values of all inputs, the same at each call. */
  List<double[]> values() {
    SplittableRandom random = new SplittableRandom(toString().hashCode());
    return inputs.stream().map(input -> input.values(random)).toList();
  }

  /**
   * Outputs of an op, gradients of its inputs (null where there is none), and what the inputs are
   * afterwards, as doubles.
   */
  record Result(List<double[]> outputs, List<double[]> gradients, List<double[]> inputs) {}

  /** Runs the op, and its gradient rule with fixed random numbers arriving at the outputs. */
  Result run(Device device, DType floating, Layout layout, List<double[]> values) {
    return device.call(() -> Scope.call(() -> runInScope(floating, layout, values)));
  }

  private Result runInScope(DType floating, Layout layout, List<double[]> values) {
    Tensor[] in = new Tensor[inputs.size()];
    for (int i = 0; i < in.length; i++) {
      in[i] = layout.apply(tensor(floating, inputs.get(i), values.get(i)));
      if (takesGradient(i)) {
        in[i].requireGradient();
      }
    }
    List<double[]> outputs = new ArrayList<>();
    List<double[]> gradients = new ArrayList<>();
    List<double[]> after = new ArrayList<>();
    if (!hasGradient(floating)) {
      read(outputs, Dispatch.run(op, in), UnaryOperator.identity());
      read(after, in, UnaryOperator.identity());
      return new Result(outputs, gradients, after);
    }
    Tape.record(
        tape -> {
          Tensor[] out = Dispatch.run(op, in);
          read(outputs, out, UnaryOperator.identity());
          Gradients g = tape.backward(List.of(out[0]), List.of(arriving(out[0].spec())));
          read(gradients, in, t -> g.has(t) ? g.of(t) : null);
          return null;
        });
    read(after, in, UnaryOperator.identity());
    return new Result(outputs, gradients, after);
  }

  private static void read(List<double[]> into, Tensor[] tensors, UnaryOperator<Tensor> of) {
    for (Tensor tensor : tensors) {
      Tensor value = of.apply(tensor);
      into.add(value == null ? null : value.toDoubles());
    }
  }

  static Tensor tensor(DType floating, Input input, double[] values) {
    DType dtype = input.floating() ? floating : input.integer();
    long[] extents = input.shape().toArray();
    return switch (dtype) {
      case FLOAT64 -> Tensor.of(values, extents);
      case FLOAT32 -> {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
          floats[i] = (float) values[i];
        }
        yield Tensor.of(floats, extents);
      }
      case INT32 -> Tensor.of(Arrays.stream(values).mapToInt(v -> (int) v).toArray(), extents);
      case UINT8 -> {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] = (byte) values[i];
        }
        yield Tensor.of(bytes, extents);
      }
    };
  }

  /** Random numbers that arrive at an output: the same for the same shape. */
  static Tensor arriving(Spec spec) {
    return tensor(
        spec.dtype(),
        new Input(spec.dtype().isFloating() ? null : spec.dtype(), spec.shape(), Input.Kind.SIGNED),
        Input.signed(spec.shape().toArray()).values(new SplittableRandom(11)));
  }

  @Override
  public String toString() {
    return op + " of " + inputs.stream().map(i -> i.kind() + "" + i.shape()).toList();
  }
}
