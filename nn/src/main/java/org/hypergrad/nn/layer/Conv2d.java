package org.hypergrad.nn.layer;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.Window2d;
import org.hypergrad.engine.op.Window2d.Pair;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;

/**
 * A convolution of images x [N, inputs, H, W] to y [N, outputs, H', W'] with
 *
 * <pre>H' = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1</pre>
 *
 * and W' alike; the formula is that of {@link org.hypergrad.engine.op.Conv2d}. Its parameters are
 * {@code weight} [outputs, inputs / groups, kernel height, kernel width] and {@code bias}
 * [outputs]. At first, weights are Glorot-uniform and biases 0.
 *
 * <pre>{@code
 * Conv2d.builder(3, 16, 5).stride(2).padding(2).withoutBias().build(random)
 * }</pre>
 */
public final class Conv2d extends Module {
  private final org.hypergrad.engine.op.Conv2d op;
  private final long inputs;
  private final long outputs;
  private final Pair kernel;
  private final Parameter weight;

  /** Null if there is none. */
  private final Parameter bias;

  /**
   * A square kernel at stride 1, without padding, with a bias.
   *
   * @throws ArgumentException if a number is below 1
   */
  public Conv2d(Generator random, long inputs, long outputs, long kernel) {
    this(builder(inputs, outputs, kernel), random);
  }

  private Conv2d(Builder b, Generator random) {
    op = b.op();
    inputs = b.inputs;
    outputs = b.outputs;
    kernel = b.kernel;
    weight =
        parameter(
            "weight",
            Role.CONV_KERNEL,
            b.weight,
            random,
            outputs,
            inputs / op.groups(),
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
    private boolean same;

    private Builder(long inputs, long outputs, Pair kernel) {
      super(inputs, outputs, kernel);
    }

    @Override
    Builder self() {
      return this;
    }

    @Override
    public Builder padding(long height, long width) {
      same = false;
      return super.padding(height, width);
    }

    /**
     * As much padding as keeps the image's extents; of an odd number, the greater part goes to the
     * bottom and the right. Needs stride 1.
     */
    public Builder samePadding() {
      same = true;
      return this;
    }

    /**
     * The layer.
     *
     * @throws ArgumentException that names the number which is out of range
     */
    public Conv2d build(Generator random) {
      return new Conv2d(this, random);
    }

    private org.hypergrad.engine.op.Conv2d op() {
      new org.hypergrad.engine.op.Conv2d(window, groups).check(kernel.height(), kernel.width());
      checkChannels("conv2d");
      if (same && !window.stride().equals(Pair.ONE)) {
        throw new ArgumentException(
            "conv2d",
            "a stride changes the extents",
            "same padding, stride " + text(window.stride()),
            "stride 1",
            "give the padding in numbers");
      }
      Window2d resolved = same ? window.same(kernel.height(), kernel.width()) : window;
      return new org.hypergrad.engine.op.Conv2d(resolved, groups);
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    return bias == null ? op.apply(x, weight.value()) : op.apply(x, weight.value(), bias.value());
  }

  @Override
  protected long multiplyAdds(Shape input, Shape output) {
    return output.count() * (inputs / op.groups()) * kernel.height() * kernel.width();
  }

  @Override
  public String toString() {
    return "Conv2d("
        + inputs
        + ", "
        + outputs
        + ", "
        + WindowBuilder.text(kernel, op.window(), Pair.ONE)
        + (op.groups() == 1 ? "" : ", groups " + op.groups())
        + (bias == null ? ", no bias)" : ")");
  }
}
