package org.hypergrad.examples.sweep;

import java.util.Locale;
import java.util.Optional;
import org.hypergrad.examples.experiment.Outcome;

/**
 * What is kept of a run.
 *
 * @param accuracy share of the test images that were named rightly after the last epoch; NaN if it
 *     stopped
 * @param testLoss mean on the test images after the last epoch; NaN if it stopped
 * @param trainLoss mean over the steps of the last epoch; NaN if it stopped
 * @param seconds of a typical epoch; NaN if it stopped
 * @param stopped why it ended early, if it diverged
 */
record Score(
    double accuracy, double testLoss, double trainLoss, double seconds, Optional<String> stopped) {
  static Score of(Outcome run) {
    return run.stopped().isPresent()
        ? new Score(Double.NaN, Double.NaN, Double.NaN, Double.NaN, run.stopped())
        : new Score(
            run.accuracy(),
            run.last().validation().loss(),
            run.last().trainLoss(),
            run.secondsPerEpoch(),
            Optional.empty());
  }

  /** The accuracy, or that there is none, for the reader of a log. */
  @Override
  public String toString() {
    return stopped
        .map(_ -> "diverged")
        .orElseGet(() -> String.format(Locale.ROOT, "%.2f %%", 100 * accuracy));
  }
}
