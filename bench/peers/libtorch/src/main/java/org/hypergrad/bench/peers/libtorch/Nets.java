package org.hypergrad.bench.peers.libtorch;

import org.bytedeco.pytorch.global.torch;
import org.hypergrad.bench.peers.Work;
import org.hypergrad.bench.peers.libtorch.Layers.Function;

/** The nets of the rows. */
final class Nets {
  /** Outputs (0: the classes), kernel, stride and padding of All-CNN-C's convolutions. */
  private static final long[][] ALL_CNN = {
    {96, 3, 1, 1}, {96, 3, 1, 1}, {96, 3, 2, 1},
    {192, 3, 1, 1}, {192, 3, 1, 1}, {192, 3, 2, 1},
    {192, 3, 1, 0}, {192, 1, 1, 0}, {0, 1, 1, 0}
  };

  private static final int BLOCKS = 2;

  private final Layers layers;

  private Nets(Layers layers) {
    this.layers = layers;
  }

  static Function of(Work work, Layers layers) {
    Nets nets = new Nets(layers);
    return switch (work.net()) {
      case ALL_CNN -> nets.allCnn(work.classes());
      case MNIST -> nets.mnist();
      case RESNET_18 -> nets.resNet18(work.classes());
    };
  }

  private Function allCnn(int classes) {
    Function net = x -> x;
    long inputs = 3;
    for (int i = 1; i <= ALL_CNN.length; i++) {
      long[] c = ALL_CNN[i - 1];
      boolean last = i == ALL_CNN.length;
      long outputs = last ? classes : c[0];
      net = net.then(layers.convolution("conv" + i, inputs, outputs, c[1], c[2], c[3], true));
      net = last ? net : net.then(Layers.relu());
      inputs = outputs;
    }
    return net.then(x -> x.mean(2, 3));
  }

  private Function mnist() {
    return layers
        .linear("1", 784, 100)
        .then(Layers.relu())
        .then(layers.linear("3", 100, 100))
        .then(Layers.relu())
        .then(layers.linear("5", 100, 100))
        .then(Layers.relu())
        .then(layers.linear("7", 100, 10));
  }

  private Function resNet18(int classes) {
    Function net =
        normalised("conv1", 3, 64, 7, 2)
            .then(Layers.relu())
            .then(
                x ->
                    torch.max_pool2d(
                        x,
                        new long[] {3, 3},
                        new long[] {2, 2},
                        new long[] {1, 1},
                        new long[] {1, 1},
                        false));
    long inputs = 64;
    for (int layer = 0; layer < 4; layer++) {
      long width = 64L << layer;
      for (int block = 0; block < BLOCKS; block++) {
        String name = "layer" + (layer + 1) + "." + block;
        net = net.then(block(name, inputs, width, layer > 0 && block == 0 ? 2 : 1));
        inputs = width;
      }
    }
    return net.then(x -> torch.adaptive_avg_pool2d(x, 1, 1).flatten(1, -1))
        .then(layers.linear("fc", inputs, classes));
  }

  private Function block(String name, long inputs, long outputs, long stride) {
    Function difference =
        normalised(name + ".conv1", inputs, outputs, 3, stride)
            .then(Layers.relu())
            .then(normalised(name + ".conv2", outputs, outputs, 3, 1));
    Function shortCut =
        inputs == outputs ? x -> x : normalised(name + ".downsample.0", inputs, outputs, 1, stride);
    return x -> difference.apply(x).add_(shortCut.apply(x)).relu_();
  }

  private Function normalised(String name, long inputs, long outputs, long k, long stride) {
    return layers
        .convolution(name, inputs, outputs, k, stride, k / 2, false)
        .then(layers.batchNorm(outputs));
  }
}
