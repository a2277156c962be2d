package org.hypergrad.bench;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.AdaptiveAvgPool2d;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.layer.MaxPool2d;

/** Networks whose training steps are set against an optimizer's. */
final class FopNetworks {
  private FopNetworks() {}

  /**
   * The layers of ResNet-18 (He et al., 2016) for 224 x 224 images one after another, without the
   * short cuts, which cost little.
   */
  static Sequential resNetLayers(Generator random) {
    List<Module> layers = new ArrayList<>();
    convolution(layers, random, 3, 64, 7, 2);
    layers.add(MaxPool2d.builder(3).stride(2).padding(1).build());
    long inputs = 64;
    for (long outputs : new long[] {64, 128, 256, 512}) {
      for (int i = 0; i < 4; i++) {
        convolution(layers, random, inputs, outputs, 3, inputs == outputs ? 1 : 2);
        inputs = outputs;
      }
    }
    layers.add(AdaptiveAvgPool2d.global());
    layers.add(new Flatten());
    layers.add(new Linear(random, 512, 1000));
    return Sequential.of(layers.toArray(Module[]::new));
  }

  private static void convolution(
      List<Module> layers, Generator random, long inputs, long outputs, long kernel, long stride) {
    layers.add(
        Conv2d.builder(inputs, outputs, kernel)
            .stride(stride)
            .padding(kernel / 2)
            .withoutBias()
            .build(random));
    layers.add(new BatchNorm2d(outputs));
    layers.add(Activation.relu());
  }

  /** 784-100-100-100-10 with ReLU. */
  static Sequential mnist(Generator random) {
    return Sequential.of(
        new Linear(random, 784, 100),
        Activation.relu(),
        new Linear(random, 100, 100),
        Activation.relu(),
        new Linear(random, 100, 100),
        Activation.relu(),
        new Linear(random, 100, 10));
  }
}
