package org.hypergrad.bench.peers;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A training step: forward, cross entropy, backward, and an update by descent with momentum. Every
 * engine starts from the same weights and sees the same batch at each step.
 */
public enum Work {
  /** All-CNN-C on images of 32 x 32. */
  ALL_CNN("all-cnn", Net.ALL_CNN, 128, 10, 3, 32, 32),
  /** 784-100-100-100-10 with ReLU. */
  MNIST_128("mnist-128", Net.MNIST, 128, 10, 784),
  MNIST_16("mnist-16", Net.MNIST, 16, 10, 784),
  /** ResNet-18 on images of 224 x 224. */
  RESNET_18("resnet-18", Net.RESNET_18, 16, 1000, 3, 224, 224);

  /** Small enough that thousands of steps on one batch do not learn it by heart. */
  public static final double RATE = 1e-3;

  public static final double MOMENTUM = 0.9;

  /** The networks. */
  public enum Net {
    ALL_CNN,
    MNIST,
    RESNET_18
  }

  private final String title;
  private final Net net;
  private final int classes;
  private final long[] shape;

  Work(String title, Net net, long batch, int classes, long... example) {
    this.title = title;
    this.net = net;
    this.classes = classes;
    shape = new long[1 + example.length];
    shape[0] = batch;
    System.arraycopy(example, 0, shape, 1, example.length);
  }

  /**
   * The row of this title.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Work named(String title) {
    return Arrays.stream(values())
        .filter(w -> w.title.equals(title))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "peers: no such row; got " + title + "; expected one of " + titles()));
  }

  private static String titles() {
    return String.join(", ", Arrays.stream(values()).map(Work::title).toList());
  }

  /** The row's name on the command line. */
  public String title() {
    return title;
  }

  public Net net() {
    return net;
  }

  /** Of the input: [batch, channels, height, width] or [batch, features]. */
  public long[] shape() {
    return shape.clone();
  }

  /** Whether the input has channels, height and width, so that layouts differ. */
  public boolean hasImages() {
    return shape.length == 4;
  }

  public int classes() {
    return classes;
  }

  /** The input, of variance 1. */
  public float[] input() {
    return uniform("input", Math.sqrt(3), count(shape));
  }

  /** A class for each example. */
  public int[] labels() {
    int[] labels = new int[(int) shape[0]];
    Arrays.setAll(labels, i -> (37 * i + 5) % classes);
    return labels;
  }

  /**
   * The first values of a weight, by its name: He-uniform by its inputs.
   *
   * @param inputs of each output
   */
  public static float[] weight(String name, long inputs, long... shape) {
    return uniform(name, Math.sqrt(6.0 / inputs), count(shape));
  }

  private static int count(long[] shape) {
    return (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  private static float[] uniform(String name, double bound, int count) {
    SplittableRandom random = new SplittableRandom(name.hashCode());
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-bound, bound);
    }
    return values;
  }
}
