package org.hypergrad.nn.layer;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Initialiser;
import org.hypergrad.nn.Initialiser.Distribution;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;

/**
 * A dense layer: y = x w + b, for x [..., inputs] of rank 2 or more; y [..., outputs]. Its
 * parameters are {@code weight} [inputs, outputs] (PyTorch's is the transpose) and {@code bias}
 * [outputs]. At first, weights are Glorot-uniform and biases 0.
 */
public final class Linear extends Module {
  private final long inputs;
  private final long outputs;
  private final Parameter weight;

  /** Null if there is none. */
  private final Parameter bias;

  /**
   * With a bias, and the usual first values.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if a number is below 1
   */
  public Linear(Generator random, long inputs, long outputs) {
    this(builder(inputs, outputs), random);
  }

  private Linear(Builder b, Generator random) {
    Checks.extent("linear", "inputs", b.inputs);
    Checks.extent("linear", "outputs", b.outputs);
    inputs = b.inputs;
    outputs = b.outputs;
    weight = parameter("weight", Role.DENSE_WEIGHT, b.weight, random, inputs, outputs);
    bias = b.bias == null ? null : parameter("bias", Role.BIAS, b.bias, random, outputs);
  }

  /** Begins a layer with options. */
  public static Builder builder(long inputs, long outputs) {
    return new Builder(inputs, outputs);
  }

  /** The options. */
  public static final class Builder {
    private final long inputs;
    private final long outputs;
    private Initialiser weight = Initialiser.glorot(Distribution.UNIFORM);
    private Initialiser bias = Initialiser.zeros();

    private Builder(long inputs, long outputs) {
      this.inputs = inputs;
      this.outputs = outputs;
    }

    /** First values of the weight. */
    public Builder weight(Initialiser first) {
      weight = first;
      return this;
    }

    /** First values of the bias. */
    public Builder bias(Initialiser first) {
      bias = first;
      return this;
    }

    /** No bias. */
    public Builder withoutBias() {
      bias = null;
      return this;
    }

    /**
     * The layer.
     *
     * @throws org.hypergrad.engine.error.ArgumentException if a number is below 1
     */
    public Linear build(Generator random) {
      return new Linear(this, random);
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    if (x.rank() < 2 || x.extent(-1) != inputs) {
      throw new ShapeException(
          "linear",
          "input does not fit",
          x.spec().toString(),
          "x [..., " + inputs + "] of rank 2 or more",
          x.rank() > 2 ? "flatten images before" : "");
    }
    boolean rows = x.rank() == 2;
    Tensor matrix = rows ? x : x.reshape(x.count() / inputs, inputs);
    Tensor y =
        bias == null ? matrix.matmul(weight.value()) : matrix.matmul(weight.value(), bias.value());
    return rows ? y : y.reshape(x.shape().with(-1, outputs).toArray());
  }

  @Override
  protected long multiplyAdds(Shape input, Shape output) {
    return output.count() * inputs;
  }

  @Override
  public String toString() {
    return "Linear(" + inputs + ", " + outputs + (bias == null ? ", no bias)" : ")");
  }
}
