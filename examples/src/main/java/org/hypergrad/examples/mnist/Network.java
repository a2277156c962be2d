package org.hypergrad.examples.mnist;

import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;

/** The paper's network for images of 28 x 28 pixels: 784-100-100-100-10 with ReLU. */
final class Network {
  private Network() {}

  static Sequential of(Generator random) {
    return Sequential.of(
        new Flatten(),
        new Linear(random, 784, 100),
        Activation.relu(),
        new Linear(random, 100, 100),
        Activation.relu(),
        new Linear(random, 100, 100),
        Activation.relu(),
        new Linear(random, 100, 10));
  }
}
