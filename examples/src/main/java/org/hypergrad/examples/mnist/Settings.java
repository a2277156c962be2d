package org.hypergrad.examples.mnist;

import java.util.Map;

/**
 * What the runs of a comparison have in common.
 *
 * @param epochs passes over the training images
 * @param maxSteps steps after which a run ends in any case
 * @param batch images in a step
 * @param rate learning rate
 * @param momentum of the velocity
 * @param rank columns of M at most; 0 for a square M
 * @param deviation of the first values of M
 * @param hyperRate learning rate of M, by Adam
 */
record Settings(
    long epochs,
    long maxSteps,
    int batch,
    double rate,
    double momentum,
    int rank,
    double deviation,
    double hyperRate) {
  /** The options that a run which goes on must have as before. */
  Map<String, String> texts() {
    return Map.of(
        "--batch", String.valueOf(batch),
        "--lr", String.valueOf(rate),
        "--momentum", String.valueOf(momentum),
        "--rank", String.valueOf(rank),
        "--sigma", String.valueOf(deviation),
        "--m-rate", String.valueOf(hyperRate));
  }
}
