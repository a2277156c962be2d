package org.hypergrad.examples.sweep;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * One run of a sweep.
 *
 * @param method of its study
 * @param values of those settings of the grid that the method has
 * @param seed of weights, order and M
 */
public record Cell(String method, Map<String, Double> values, long seed) {
  /** Of a point of the grid, where the method is the same for all values of what it has not. */
  static Cell of(String method, Map<String, Double> point, Set<String> parameters, long seed) {
    Map<String, Double> values = new LinkedHashMap<>(point);
    values.keySet().retainAll(parameters);
    return new Cell(method, values, seed);
  }

  /** The name of its run and of its files. */
  public String name() {
    StringBuilder name = new StringBuilder(method);
    values.forEach((setting, value) -> name.append('-').append(setting).append(Grid.text(value)));
    return name.append("-seed").append(seed).toString();
  }
}
