package org.hypergrad.examples.mnist;

import java.util.Map;

/**
 * What a method is run with.
 *
 * @param rate learning rate
 * @param momentum of the velocity
 * @param rank columns of M at most; 0 for a square M
 * @param deviation of the first values of M
 * @param hyperRate learning rate of M, by Adam
 */
record Settings(double rate, double momentum, int rank, double deviation, double hyperRate) {
  Settings withRate(double value) {
    return new Settings(value, momentum, rank, deviation, hyperRate);
  }

  Settings withRank(int value) {
    return new Settings(rate, momentum, value, deviation, hyperRate);
  }

  /** By the names on the command line. */
  Map<String, String> texts() {
    return Map.of(
        "--lr", String.valueOf(rate),
        "--momentum", String.valueOf(momentum),
        "--rank", String.valueOf(rank),
        "--sigma", String.valueOf(deviation),
        "--m-rate", String.valueOf(hyperRate));
  }
}
