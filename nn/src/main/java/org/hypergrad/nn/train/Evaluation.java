package org.hypergrad.nn.train;

import java.util.Map;
import org.hypergrad.engine.error.ArgumentException;

/**
 * How good a model is on some data.
 *
 * @param examples how many
 * @param loss mean over all examples
 * @param metrics mean over all examples, by name
 */
public record Evaluation(long examples, double loss, Map<String, Double> metrics) {
  public Evaluation {
    metrics = Map.copyOf(metrics);
  }

  /**
   * A metric, or {@code loss}.
   *
   * @throws ArgumentException if it was not measured
   */
  public double get(String name) {
    if (name.equals("loss")) {
      return loss;
    }
    Double value = metrics.get(name);
    if (value == null) {
      throw new ArgumentException(
          "evaluation", "no such metric", name, "loss or one of " + metrics.keySet(), "");
    }
    return value;
  }
}
