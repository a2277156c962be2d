package org.hypergrad.nn.model;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Initialiser;
import org.hypergrad.nn.Initialiser.Distribution;
import org.hypergrad.nn.Initialiser.Fan;
import org.hypergrad.nn.Initialiser.VarianceScaling;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Conv2d;

/**
 * Convolutions that learn a difference: y = relu(f(x) + x) (He et al., <a
 * href="https://arxiv.org/abs/1512.03385">Deep Residual Learning</a>, 2016, figure 5). In f each
 * convolution, without bias, is before a batch norm, and all but the last of these before a ReLU.
 * Where f changes channels or extents, a strided 1x1 convolution with a batch norm does so to x,
 * too.
 *
 * <p>Modules have torchvision's names: {@code conv1}, {@code bn1}, ..., and {@code downsample}.
 *
 * <pre>{@code
 * ResidualBlock.basic(64, 128).stride(2).build(random)    // [N, 64, H, W] to [N, 128, H/2, W/2]
 * }</pre>
 */
public final class ResidualBlock extends Module {
  /** He et al., 2015, with the outputs of an input, as torchvision has it. */
  static final Initialiser HE = new VarianceScaling(Distribution.NORMAL, Fan.OUT, 2);

  private final Conv2d[] convolutions;
  private final BatchNorm2d[] norms;

  /** Null where x is added as it is. */
  private final Sequential downsample;

  private ResidualBlock(Builder b, Generator random) {
    int count = b.kernels.length;
    convolutions = new Conv2d[count];
    norms = new BatchNorm2d[count];
    try {
      long inputs = b.inputs;
      for (int i = 0; i < count; i++) {
        boolean last = i == count - 1;
        long outputs = last ? b.outputs : b.width;
        long stride = i == b.strided ? b.stride : 1;
        convolutions[i] =
            child("conv" + (i + 1), convolution(random, inputs, outputs, b.kernels[i], stride));
        double scale = last && b.zeroLastScale ? 0 : 1;
        norms[i] = child("bn" + (i + 1), BatchNorm2d.builder(outputs).scale(scale).build());
        inputs = outputs;
      }
      boolean changes = b.stride != 1 || b.inputs != b.outputs;
      downsample = changes ? child("downsample", downsample(b, random)) : null;
    } catch (RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  /** A convolution before a batch norm; its padding keeps the extents at stride 1. */
  static Conv2d convolution(Generator random, long inputs, long outputs, long kernel, long stride) {
    return Conv2d.builder(inputs, outputs, kernel)
        .stride(stride)
        .padding(kernel / 2)
        .withoutBias()
        .weight(HE)
        .build(random);
  }

  private static Sequential downsample(Builder b, Generator random) {
    return Sequential.of(
        convolution(random, b.inputs, b.outputs, 1, b.stride), new BatchNorm2d(b.outputs));
  }

  /** Begins one of two 3x3 convolutions, with {@code width} outputs each. */
  public static Builder basic(long inputs, long width) {
    return new Builder(inputs, width, width, 0, 3, 3);
  }

  /**
   * Begins one of a 1x1 convolution to {@code width} channels, a 3x3 one, which has the stride, and
   * a 1x1 one to 4 width outputs.
   */
  public static Builder bottleneck(long inputs, long width) {
    return new Builder(inputs, width, 4 * width, 1, 1, 3, 1);
  }

  /** The options. */
  public static final class Builder {
    private final long inputs;
    private final long width;
    private final long outputs;
    private final int strided;
    private final int[] kernels;
    private long stride = 1;
    private boolean zeroLastScale;

    private Builder(long inputs, long width, long outputs, int strided, int... kernels) {
      this.inputs = inputs;
      this.width = width;
      this.outputs = outputs;
      this.strided = strided;
      this.kernels = kernels;
    }

    /** By how much the extents shrink; 1 unless told otherwise. */
    public Builder stride(long both) {
      stride = both;
      return this;
    }

    /** Starts with f(x) = 0, by the scale of its last batch norm (Goyal et al., 2017). */
    public Builder zeroLastScale() {
      return zeroLastScale(true);
    }

    Builder zeroLastScale(boolean value) {
      zeroLastScale = value;
      return this;
    }

    /** Channels that it gives. */
    public long outputs() {
      return outputs;
    }

    /**
     * The block.
     *
     * @throws ArgumentException if a number is below 1
     */
    public ResidualBlock build(Generator random) {
      return new ResidualBlock(this, random);
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    Tensor y = x;
    for (int i = 0; i < convolutions.length; i++) {
      y = norms[i].apply(convolutions[i].apply(i == 0 ? y : y.relu()));
    }
    return y.add(downsample == null ? x : downsample.apply(x)).relu();
  }
}
