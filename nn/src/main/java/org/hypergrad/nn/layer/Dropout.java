package org.hypergrad.nn.layer;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;

/**
 * Sets elements to 0 at random in training and multiplies the others by 1 / (1 - probability)
 * (Srivastava et al., 2014); in evaluation y = x. Which ones is drawn from a generator that is
 * saved with the module.
 */
public final class Dropout extends Module {
  private final Generator random;
  private final double probability;

  /**
   * Drops each element with this probability.
   *
   * @param random may be shared with other layers
   * @param probability in [0, 1]
   * @throws org.hypergrad.engine.error.ArgumentException if it is not
   */
  public Dropout(Generator random, double probability) {
    Checks.check(
        "dropout", "probability", probability >= 0 && probability <= 1, probability, "[0, 1]");
    this.random = generator("generator", random);
    this.probability = probability;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return isTraining() && probability > 0 ? random.dropout(x, probability) : x;
  }

  @Override
  public String toString() {
    return "Dropout(" + probability + ")";
  }
}
