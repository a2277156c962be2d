package org.hypergrad.examples.experiment;

import java.util.List;
import org.hypergrad.engine.Gradients;
import org.hypergrad.nn.optim.Optimizer;

/**
 * Looks at a network in training: rows of numbers, which are kept with the run. What the numbers of
 * a row mean, the probe alone knows.
 */
public interface Probe {
  /** Sees nothing. */
  Probe NONE = (_, _) -> List.of();

  /** Looks before a step is taken, with its gradients; often it has nothing to say. */
  List<double[]> before(Optimizer optimizer, Gradients gradients);

  /** Looks once more, when the run has ended. */
  default List<double[]> atTheEnd(Optimizer optimizer) {
    return List.of();
  }
}
