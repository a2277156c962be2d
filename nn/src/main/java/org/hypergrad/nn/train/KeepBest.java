package org.hypergrad.nn.train;

import java.nio.file.Path;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.nn.save.Weights;

/** Saves the weights whenever a validation metric is better than ever before. */
public final class KeepBest implements Callback {
  private final Path file;
  private final String metric;
  private final boolean larger;
  private double best;

  private KeepBest(Path file, String metric, boolean larger) {
    this.file = file;
    this.metric = metric;
    this.larger = larger;
    this.best = larger ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
  }

  /** The weights of the epoch with the largest value. */
  public static KeepBest largest(String metric, Path file) {
    return new KeepBest(file, metric, true);
  }

  /** The weights of the epoch with the smallest value, such as of {@code loss}. */
  public static KeepBest smallest(String metric, Path file) {
    return new KeepBest(file, metric, false);
  }

  /** As if this had been the best value so far: for a run that goes on. */
  public KeepBest startingAt(double value) {
    best = value;
    return this;
  }

  /** The best value so far. */
  public double best() {
    return best;
  }

  @Override
  public void epochEnded(Trainer trainer, EpochResult epoch) {
    if (epoch.validation() == null) {
      throw new ArgumentException(
          "keep best", "no validation data", "", "a validation set given to fit", "");
    }
    double value = epoch.validation().get(metric);
    if (larger ? value > best : value < best) {
      Weights.save(trainer.model(), file);
      best = value;
    }
  }
}
