package org.hypergrad.examples.experiment;

import java.util.List;
import java.util.Locale;

/**
 * Runs that others are compared with; of none, nothing can be said.
 *
 * @param outcomes those that came to their end
 */
public record Baseline(List<Outcome> outcomes) {
  /**
   * How likely accuracies so far from the baseline's are by the seeds alone: p of {@link
   * Spread#welch}; empty where it does not apply.
   */
  public String p(Spread accuracy) {
    double p = accuracy.welch(Spread.of(outcomes, Outcome::accuracy));
    return Double.isNaN(p) ? "" : String.format(Locale.ROOT, p < 0.001 ? "%.0e" : "%.3f", p);
  }

  /** How much more time than the baseline others took, in %; empty where there is none. */
  public String extraTime(List<Outcome> others) {
    double share =
        Spread.of(others, Outcome::secondsPerEpoch).mean()
            / Spread.of(outcomes, Outcome::secondsPerEpoch).mean();
    return Double.isNaN(share) ? "" : String.format(Locale.ROOT, "%+.0f", 100 * (share - 1));
  }
}
