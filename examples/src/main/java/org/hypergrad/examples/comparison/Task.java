package org.hypergrad.examples.comparison;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.optim.Schedule;

/** A network and the settings with which a method trains it. */
public interface Task {
  /** Learning rate. */
  double rate();

  /** Of the velocity, for methods that have one. */
  double momentum();

  /** Learning rate of what is learned beside the weights, by Adam. */
  double hyperRate();

  /** An L2 penalty, as a part of the gradient. */
  double weightDecay();

  /** The same with another learning rate. */
  Task withRate(double value);

  /** The network with its first weights. */
  Module network(Generator random);

  /** The factor of the learning rate, with so many steps in an epoch. */
  Schedule schedule(long stepsPerEpoch);

  /** All settings, by the names on the command line. */
  Map<String, String> texts();

  /** Names of the layers with kernels, in the network's order. */
  List<String> layers();

  /** Saves the network's weights, and what they are for. */
  void save(Module model, Path file, List<String> classes);
}
