package org.hypergrad.examples.whitening;

import java.util.List;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Initialiser;
import org.hypergrad.nn.Initialiser.Distribution;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.AdaptiveAvgPool2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.Flatten;

/**
 * A small net of convolutions alone: five of 3 x 3, with 16, 16, 32, 32 and 32 channels, the second
 * and the fourth at stride 2, one of 1 x 1 to the classes, and the mean of each over the image.
 */
final class Network {
  /** The convolutions. */
  static final List<String> LAYERS =
      List.of("conv1", "conv2", "conv3", "conv4", "conv5", "classes");

  private static final int CLASSES = 10;

  private Network() {}

  static Sequential of(Generator random) {
    return Sequential.builder()
        .add("conv1", convolution(random, 1, 16, 1))
        .add("relu1", Activation.relu())
        .add("conv2", convolution(random, 16, 16, 2))
        .add("relu2", Activation.relu())
        .add("conv3", convolution(random, 16, 32, 1))
        .add("relu3", Activation.relu())
        .add("conv4", convolution(random, 32, 32, 2))
        .add("relu4", Activation.relu())
        .add("conv5", convolution(random, 32, 32, 1))
        .add("relu5", Activation.relu())
        .add(
            "classes",
            Conv2d.builder(32, CLASSES, 1)
                .weight(Initialiser.he(Distribution.NORMAL))
                .build(random))
        .add("mean", AdaptiveAvgPool2d.global())
        .add("flat", new Flatten())
        .build();
  }

  private static Module convolution(Generator random, long inputs, long outputs, long stride) {
    return Conv2d.builder(inputs, outputs, 3)
        .stride(stride)
        .padding(1)
        .weight(Initialiser.he(Distribution.NORMAL))
        .build(random);
  }
}
