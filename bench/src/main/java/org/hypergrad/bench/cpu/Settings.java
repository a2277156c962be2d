package org.hypergrad.bench.cpu;

import java.time.Duration;

/**
 * How long and how often a row is timed.
 *
 * @param forks JVMs, one after another; 0 for this one
 * @param warmUps iterations that do not count, in each
 * @param iterations that count, in each
 * @param iteration how long one lasts; at least one run
 */
record Settings(int forks, int warmUps, int iterations, Duration iteration) {
  @Override
  public String toString() {
    return "%s, %d + %d iterations of %d ms"
        .formatted(
            forks == 0 ? "in process" : forks == 1 ? "1 fork" : forks + " forks",
            warmUps,
            iterations,
            iteration.toMillis());
  }
}
