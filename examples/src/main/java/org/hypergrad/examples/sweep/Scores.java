package org.hypergrad.examples.sweep;

import java.util.List;
import org.hypergrad.examples.experiment.Spread;

/** What the seeds of one method at one point gave. */
record Scores(List<Score> all) {
  /** Accuracies, in %, of those that came to their end. */
  Spread accuracy() {
    return Spread.of(
        all.stream().filter(s -> s.stopped().isEmpty()).toList(), s -> 100 * s.accuracy());
  }

  long diverged() {
    return all.stream().filter(s -> s.stopped().isPresent()).count();
  }

  /**
   * Whether the mean is greater than another's by at least one standard deviation, that which both
   * have together: the root of their mean variance. Never with a run that diverged, nor with fewer
   * than two seeds.
   */
  boolean betterThan(Scores base) {
    double deviation =
        Math.sqrt((square(accuracy().deviation()) + square(base.accuracy().deviation())) / 2);
    double gain = accuracy().mean() - base.accuracy().mean();
    return diverged() + base.diverged() == 0 && gain > 0 && gain >= deviation;
  }

  private static double square(double x) {
    return x * x;
  }
}
