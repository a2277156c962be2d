package org.hypergrad.examples.experiment;

import java.util.List;

/**
 * Runs of one kind, with several seeds.
 *
 * @param title what they are, for people
 * @param cells the same as cells of a CSV file
 * @param outcomes by seed
 */
public record Runs(String title, List<?> cells, List<Outcome> outcomes) {
  /** Those that came to their end. */
  public List<Outcome> ended() {
    return outcomes.stream().filter(o -> o.stopped().isEmpty()).toList();
  }

  /** How many of them diverged, such as {@code 1 of 3 diverged}; empty if none did. */
  public String diverged() {
    int ended = ended().size();
    return ended == outcomes.size()
        ? ""
        : "%d of %d diverged".formatted(outcomes.size() - ended, outcomes.size());
  }
}
