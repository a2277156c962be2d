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

  /** All-CNN-C (Springenberg et al., 2015) for 32 x 32 images. */
  static Sequential allCnn(Generator random) {
    List<Module> layers = new ArrayList<>();
    long inputs = 3;
    for (long[] layer :
        new long[][] {
          {96, 3, 1, 1}, {96, 3, 1, 1}, {96, 3, 2, 1},
          {192, 3, 1, 1}, {192, 3, 1, 1}, {192, 3, 2, 1},
          {192, 3, 1, 0}, {192, 1, 1, 0}, {10, 1, 1, 0}
        }) {
      layers.add(
          Conv2d.builder(inputs, layer[0], layer[1])
              .stride(layer[2])
              .padding(layer[3])
              .build(random));
      layers.add(Activation.relu());
      inputs = layer[0];
    }
    layers.add(AdaptiveAvgPool2d.global());
    layers.add(new Flatten());
    return Sequential.of(layers.toArray(Module[]::new));
  }

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
