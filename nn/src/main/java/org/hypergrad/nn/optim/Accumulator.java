package org.hypergrad.nn.optim;

import java.util.IdentityHashMap;
import java.util.Map;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;

/**
 * The gradient of a large batch from small ones: the mean of theirs, weighted by how many examples
 * each has, so that a smaller last one counts for less. It owns the sums.
 */
public final class Accumulator implements AutoCloseable {
  private final Map<Tensor, Tensor> sums = new IdentityHashMap<>();
  private double weight;

  /**
   * Adds the gradients of a mean loss.
   *
   * @param examples over how many examples the mean was
   */
  public void add(Gradients gradients, double examples) {
    if (!(examples > 0)) {
      throw new ArgumentException(
          "accumulate", "no examples", String.valueOf(examples), "at least one", "");
    }
    weight += examples;
    for (Tensor leaf : gradients.leaves()) {
      Tensor sum = sums.get(leaf);
      if (sum == null) {
        sums.put(leaf, Scope.call(() -> gradients.of(leaf).mul(examples).retain()));
      } else {
        Scope.run(() -> sum.assign(sum.add(gradients.of(leaf).mul(examples))));
      }
    }
  }

  /** The weighted mean of what was added, in the current scope; starts anew. */
  public Gradients take() {
    Map<Tensor, Tensor> means = new IdentityHashMap<>();
    sums.forEach((leaf, sum) -> means.put(leaf, sum.mul(1 / weight)));
    close();
    return Gradients.of(means);
  }

  /** Forgets what was added. */
  @Override
  public void close() {
    sums.values().forEach(Tensor::close);
    sums.clear();
    weight = 0;
  }
}
