package org.hypergrad.nn.layer;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Window2d.Pair;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;

/**
 * The transposed convolution of images x [N, inputs, H, W] to y [N, outputs, H', W'] with
 *
 * <pre>H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + 1 + output padding</pre>
 *
 * and W' alike. Its parameters are {@code weight} [inputs, outputs / groups, kernel height, kernel
 * width] and {@code bias} [outputs]. At first, weights are Glorot-uniform and biases 0.
 */
public final class ConvTranspose2d extends Module {
  private final org.hypergrad.engine.op.ConvTranspose2d op;
  private final long inputs;
  private final long outputs;
  private final Pair kernel;
  private final Parameter weight;

  /** Null if there is none. */
  private final Parameter bias;

  /**
   * A square kernel at stride 1, without padding, with a bias.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if a number is below 1
   */
  public ConvTranspose2d(Generator random, long inputs, long outputs, long kernel) {
    this(builder(inputs, outputs, kernel), random);
  }

  private ConvTranspose2d(Builder b, Generator random) {
    op = b.op();
    inputs = b.inputs;
    outputs = b.outputs;
    kernel = b.kernel;
    weight =
        parameter(
            "weight",
            Role.TRANSPOSED_CONV_KERNEL,
            b.weight,
            random,
            inputs,
            outputs / b.groups,
            kernel.height(),
            kernel.width());
    bias = b.bias == null ? null : parameter("bias", Role.BIAS, b.bias, random, outputs);
  }

  /** Begins a layer with options and a square kernel. */
  public static Builder builder(long inputs, long outputs, long kernel) {
    return new Builder(inputs, outputs, Pair.of(kernel));
  }

  /** Begins a layer with options. */
  public static Builder builder(long inputs, long outputs, long kernelHeight, long kernelWidth) {
    return new Builder(inputs, outputs, new Pair(kernelHeight, kernelWidth));
  }

  /** The options. */
  public static final class Builder extends ConvolutionBuilder<Builder> {
    private Pair outputPadding = new Pair(0, 0);

    private Builder(long inputs, long outputs, Pair kernel) {
      super(inputs, outputs, kernel);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Rows and columns more at the bottom and on the right; less than stride or dilation. */
    public Builder outputPadding(long both) {
      return outputPadding(both, both);
    }

    /** Rows more at the bottom and columns more on the right; less than stride or dilation. */
    public Builder outputPadding(long height, long width) {
      outputPadding = new Pair(height, width);
      return this;
    }

    /**
     * The layer.
     *
     * @throws org.hypergrad.engine.error.ArgumentException that names the number which is out of
     *     range
     */
    public ConvTranspose2d build(Generator random) {
      return new ConvTranspose2d(this, random);
    }

    private org.hypergrad.engine.op.ConvTranspose2d op() {
      org.hypergrad.engine.op.ConvTranspose2d op =
          new org.hypergrad.engine.op.ConvTranspose2d(
              new org.hypergrad.engine.op.Conv2d(window, groups), outputPadding);
      op.check(kernel.height(), kernel.width());
      checkChannels(op.name());
      return op;
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    return bias == null ? op.apply(x, weight.value()) : op.apply(x, weight.value(), bias.value());
  }

  @Override
  protected long multiplyAdds(Shape input, Shape output) {
    long perInput = outputs / op.convolution().groups() * kernel.height() * kernel.width();
    return input.count() * perInput;
  }

  @Override
  public String toString() {
    Pair none = new Pair(0, 0);
    long groups = op.convolution().groups();
    return "ConvTranspose2d("
        + inputs
        + ", "
        + outputs
        + ", "
        + WindowBuilder.text(kernel, op.convolution().window(), Pair.ONE)
        + (op.outputPadding().equals(none)
            ? ""
            : ", output padding " + WindowBuilder.text(op.outputPadding()))
        + (groups == 1 ? "" : ", groups " + groups)
        + (bias == null ? ", no bias)" : ")");
  }
}
