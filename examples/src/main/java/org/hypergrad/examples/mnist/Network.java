package org.hypergrad.examples.mnist;

import java.util.List;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.predict.Architecture;
import org.hypergrad.examples.predict.ModelCard;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;

/** The paper's network for images of 28 x 28 pixels: 784-100-100-100-10 with ReLU. */
public final class Network {
  private static final int SIDE = 28;

  private Network() {}

  /** What a file of its weights says. */
  static ModelCard card(List<String> classes) {
    return new ModelCard(Architecture.MLP, false, classes, SIDE, List.of(0.0), List.of(1.0));
  }

  /** With first weights. */
  public static Sequential of(Generator random) {
    return Sequential.of(
        new Flatten(),
        new Linear(random, SIDE * SIDE, 100),
        Activation.relu(),
        new Linear(random, 100, 100),
        Activation.relu(),
        new Linear(random, 100, 100),
        Activation.relu(),
        new Linear(random, 100, 10));
  }
}
