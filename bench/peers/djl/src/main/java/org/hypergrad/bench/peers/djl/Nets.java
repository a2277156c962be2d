package org.hypergrad.bench.peers.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.hypergrad.bench.peers.Work;

/** The nets of the rows. Names of weights are those of this project's modules. */
final class Nets {
  /** Outputs (0: the classes), kernel, stride and padding of All-CNN-C's convolutions. */
  private static final int[][] ALL_CNN = {
    {96, 3, 1, 1}, {96, 3, 1, 1}, {96, 3, 2, 1},
    {192, 3, 1, 1}, {192, 3, 1, 1}, {192, 3, 2, 1},
    {192, 3, 1, 0}, {192, 1, 1, 0}, {0, 1, 1, 0}
  };

  private static final int BLOCKS = 2;

  private final Map<String, Block> weighted = new LinkedHashMap<>();

  Block of(Work work) {
    return switch (work.net()) {
      case ALL_CNN -> allCnn(work.classes());
      case MNIST -> mnist();
      case RESNET_18 -> resNet18(work.classes());
    };
  }

  /** Sets the weights of the net that was made; its parameters must be there. */
  void fill(NDManager manager) {
    weighted.forEach(
        (name, block) -> {
          NDArray weight = block.getParameters().get("weight").getArray();
          long[] shape = weight.getShape().getShape();
          boolean dense = shape.length == 2;
          long inputs = weight.size() / shape[0];
          long[] drawn = dense ? new long[] {shape[1], shape[0]} : shape;
          try (NDManager scope = manager.newSubManager()) {
            NDArray values =
                scope.create(Work.weight(name + ".weight", inputs, drawn), new Shape(drawn));
            weight.set((dense ? values.transpose() : values).toFloatArray());
          }
        });
  }

  private Block allCnn(int classes) {
    SequentialBlock net = new SequentialBlock();
    for (int i = 1; i <= ALL_CNN.length; i++) {
      int[] c = ALL_CNN[i - 1];
      boolean last = i == ALL_CNN.length;
      net.add(convolution("conv" + i, last ? classes : c[0], c[1], c[2], c[3], true));
      if (!last) {
        net.add(Activation.reluBlock());
      }
    }
    return net.add(Pool.globalAvgPool2dBlock());
  }

  private Block mnist() {
    return new SequentialBlock()
        .add(linear("1", 100))
        .add(Activation.reluBlock())
        .add(linear("3", 100))
        .add(Activation.reluBlock())
        .add(linear("5", 100))
        .add(Activation.reluBlock())
        .add(linear("7", 10));
  }

  private Block resNet18(int classes) {
    SequentialBlock net = new SequentialBlock();
    normalised(net::add, "conv1", 64, 7, 2);
    net.add(Activation.reluBlock())
        .add(Pool.maxPool2dBlock(new Shape(3, 3), new Shape(2, 2), new Shape(1, 1)));
    int inputs = 64;
    for (int layer = 0; layer < 4; layer++) {
      int width = 64 << layer;
      for (int block = 0; block < BLOCKS; block++) {
        String name = "layer" + (layer + 1) + "." + block;
        net.add(block(name, inputs, width, layer > 0 && block == 0 ? 2 : 1));
        inputs = width;
      }
    }
    return net.add(Pool.globalAvgPool2dBlock()).add(linear("fc", classes));
  }

  private Block block(String name, int inputs, int outputs, int stride) {
    SequentialBlock difference = new SequentialBlock();
    normalised(difference::add, name + ".conv1", outputs, 3, stride);
    difference.add(Activation.reluBlock());
    normalised(difference::add, name + ".conv2", outputs, 3, 1);
    SequentialBlock shortCut = new SequentialBlock();
    if (inputs == outputs) {
      shortCut.add(Blocks.identityBlock());
    } else {
      normalised(shortCut::add, name + ".downsample.0", outputs, 1, stride);
    }
    return new ParallelBlock(
        both -> {
          NDArray sum = both.get(0).singletonOrThrow().addi(both.get(1).singletonOrThrow());
          return new NDList(Activation.relu(sum));
        },
        List.of(difference, shortCut));
  }

  private void normalised(Consumer<Block> net, String name, int outputs, int k, int stride) {
    net.accept(convolution(name, outputs, k, stride, k / 2, false));
    net.accept(BatchNorm.builder().build());
  }

  private Block linear(String name, int outputs) {
    Block layer = Linear.builder().setUnits(outputs).build();
    weighted.put(name, layer);
    return layer;
  }

  private Block convolution(
      String name, int outputs, int k, int stride, int padding, boolean biased) {
    Block layer =
        Conv2d.builder()
            .setFilters(outputs)
            .setKernelShape(new Shape(k, k))
            .optStride(new Shape(stride, stride))
            .optPadding(new Shape(padding, padding))
            .optBias(biased)
            .build();
    weighted.put(name, layer);
    return layer;
  }
}
