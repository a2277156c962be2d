package org.hypergrad.nn.model;

import java.util.List;
import java.util.function.BiFunction;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Initialiser;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.AdaptiveAvgPool2d;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.layer.MaxPool2d;

/**
 * Residual networks for images [N, 3, H, W] (He et al., <a
 * href="https://arxiv.org/abs/1512.03385">Deep Residual Learning</a>, 2016, table 1): a 7x7
 * convolution and a maximum, each with stride 2; four layers of {@linkplain ResidualBlock blocks}
 * of 64, 128, 256 and 512 channels, of which all but the first halve the extents; the mean over the
 * image, and a dense layer.
 *
 * <table>
 *   <caption>Parameters with 1,000 classes</caption>
 *   <tr><td>{@link #resNet18}<td>2, 2, 2, 2 basic blocks<td>11,689,512
 *   <tr><td>{@link #resNet34}<td>3, 4, 6, 3 basic blocks<td>21,797,672
 *   <tr><td>{@link #resNet50}<td>3, 4, 6, 3 bottlenecks<td>25,557,032
 * </table>
 *
 * <p>Modules have torchvision's names, so that its weights load through {@link
 * org.hypergrad.nn.save.StateDict}. First values are torchvision's, too: kernels He-normal by their
 * outputs, scales 1, the dense layer uniform within 1 / sqrt(inputs).
 *
 * <pre>{@code
 * ResNet model = ResNet.resNet18().classes(10).build(new Generator(1));
 * }</pre>
 */
public final class ResNet extends Module {
  private ResNet(Builder b, Generator random) {
    try {
      child("conv1", ResidualBlock.convolution(random, 3, 64, 7, 2));
      child("bn1", new BatchNorm2d(64));
      child("relu", Activation.relu());
      child("maxpool", MaxPool2d.builder(3).stride(2).padding(1).build());
      long channels = 64;
      for (int i = 0; i < b.depths.size(); i++) {
        channels = addLayer(i, channels, b, random);
      }
      child("avgpool", AdaptiveAvgPool2d.global());
      child("flatten", new Flatten());
      child("fc", dense(random, channels, b.classes));
    } catch (RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  /** Adds the i-th layer of blocks, counted from 0; gives its channels. */
  private long addLayer(int i, long inputs, Builder b, Generator random) {
    Module[] blocks = new Module[b.depths.get(i)];
    long channels = inputs;
    for (int j = 0; j < blocks.length; j++) {
      ResidualBlock.Builder block =
          b.block
              .apply(channels, 64L << i)
              .stride(i > 0 && j == 0 ? 2 : 1)
              .zeroLastScale(b.zeroLastScales);
      blocks[j] = block.build(random);
      channels = block.outputs();
    }
    child("layer" + (i + 1), Sequential.of(blocks));
    return channels;
  }

  private static Linear dense(Generator random, long inputs, long classes) {
    return Linear.builder(inputs, classes)
        .weight(Initialiser.pytorch())
        .bias(Initialiser.uniform(1 / Math.sqrt(inputs)))
        .build(random);
  }

  /** Begins a ResNet-18. */
  public static Builder resNet18() {
    return new Builder(ResidualBlock::basic, 2, 2, 2, 2);
  }

  /** Begins a ResNet-34. */
  public static Builder resNet34() {
    return new Builder(ResidualBlock::basic, 3, 4, 6, 3);
  }

  /** Begins a ResNet-50. */
  public static Builder resNet50() {
    return new Builder(ResidualBlock::bottleneck, 3, 4, 6, 3);
  }

  /** The options. */
  public static final class Builder {
    private final BiFunction<Long, Long, ResidualBlock.Builder> block;
    private final List<Integer> depths;
    private long classes = 1000;
    private boolean zeroLastScales;

    private Builder(BiFunction<Long, Long, ResidualBlock.Builder> block, Integer... depths) {
      this.block = block;
      this.depths = List.of(depths);
    }

    /** Scores for each image; 1,000 unless told otherwise. */
    public Builder classes(long count) {
      classes = count;
      return this;
    }

    /** Starts every block as its short cut, by {@link ResidualBlock.Builder#zeroLastScale}. */
    public Builder zeroLastScales() {
      zeroLastScales = true;
      return this;
    }

    /**
     * The network.
     *
     * @param random gives the first weights
     * @throws ArgumentException if there is no class
     */
    public ResNet build(Generator random) {
      return new ResNet(this, random);
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    return applyInOrder(x);
  }
}
