package org.hypergrad.nn.model;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Initialiser;
import org.hypergrad.nn.Initialiser.Distribution;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.AdaptiveAvgPool2d;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Flatten;

/**
 * All-CNN-C (Springenberg et al., <a href="https://arxiv.org/abs/1412.6806">Striving for
 * Simplicity</a>, 2015, table 1): nine convolutions, all but the last before a ReLU, and the mean
 * over what is left of the image. For x [N, 3, 32, 32]:
 *
 * <pre>
 *   conv1, conv2   3x3, 96           32 x 32
 *   conv3          3x3, 96, stride 2  16 x 16
 *   conv4, conv5   3x3, 192          16 x 16
 *   conv6          3x3, 192, stride 2  8 x 8
 *   conv7          3x3, 192           6 x 6, without padding; all before pad by 1
 *   conv8          1x1, 192           6 x 6
 *   conv9          1x1, classes       6 x 6
 * </pre>
 *
 * <p>With three channels and ten classes it has 1,369,738 parameters. Weights are at first
 * He-normal by their inputs, biases 0.
 *
 * <p>The table has a ReLU behind the last convolution too. With it the scores of all classes can
 * become 0 for every image, where no gradient is left: at rate .05 with momentum .9, without
 * dropout and batch norm, training ended there within forty steps.
 *
 * <pre>{@code
 * AllCnn model = AllCnn.builder().dropout().build(new Generator(1));
 * }</pre>
 */
public final class AllCnn extends Module {
  /** Outputs (0: the classes), kernel, stride and padding of each convolution. */
  private static final long[][] CONVOLUTIONS = {
    {96, 3, 1, 1}, {96, 3, 1, 1}, {96, 3, 2, 1},
    {192, 3, 1, 1}, {192, 3, 1, 1}, {192, 3, 2, 1},
    {192, 3, 1, 0}, {192, 1, 1, 0}, {0, 1, 1, 0}
  };

  private AllCnn(Builder options, Generator random) {
    try {
      if (options.dropout) {
        child("drop0", new Dropout(random, 0.2));
      }
      long inputs = options.channels;
      for (int i = 1; i <= CONVOLUTIONS.length; i++) {
        inputs = addConvolution(i, inputs, options, random);
      }
      child("pool", AdaptiveAvgPool2d.global());
      child("flatten", new Flatten());
    } catch (RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  /** Adds the i-th convolution, counted from 1, and what comes with it; gives its outputs. */
  private long addConvolution(int i, long inputs, Builder options, Generator random) {
    long[] numbers = CONVOLUTIONS[i - 1];
    boolean last = i == CONVOLUTIONS.length;
    long outputs = last ? options.classes : numbers[0];
    Conv2d.Builder convolution =
        Conv2d.builder(inputs, outputs, numbers[1])
            .stride(numbers[2])
            .padding(numbers[3])
            .weight(Initialiser.he(Distribution.NORMAL));
    if (options.batchNorm && !last) {
      child("conv" + i, convolution.withoutBias().build(random));
      child("bn" + i, new BatchNorm2d(outputs));
    } else {
      child("conv" + i, convolution.build(random));
    }
    if (!last) {
      child("relu" + i, Activation.relu());
    }
    if (options.dropout && numbers[2] > 1) {
      child("drop" + i, new Dropout(random, 0.5));
    }
    return outputs;
  }

  /** Begins a network with options. */
  public static Builder builder() {
    return new Builder();
  }

  /** The options: at first three channels, ten classes, neither dropout nor batch norm. */
  public static final class Builder {
    private long channels = 3;
    private long classes = 10;
    private boolean dropout;
    private boolean batchNorm;

    private Builder() {}

    /** Channels of the images. */
    public Builder channels(long count) {
      channels = count;
      return this;
    }

    /** Scores for each image. */
    public Builder classes(long count) {
      classes = count;
      return this;
    }

    /** Drops a fifth of the image, and half of what each strided convolution gives. */
    public Builder dropout() {
      dropout = true;
      return this;
    }

    /** Normalises what each convolution but the last gives; those have no bias then. */
    public Builder batchNorm() {
      batchNorm = true;
      return this;
    }

    /**
     * The network.
     *
     * @param random gives the first weights, and what dropout drops
     * @throws ArgumentException if a number is below 1
     */
    public AllCnn build(Generator random) {
      return new AllCnn(this, random);
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    return applyInOrder(x);
  }
}
