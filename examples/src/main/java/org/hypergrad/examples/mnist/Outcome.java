package org.hypergrad.examples.mnist;

import java.util.List;
import org.hypergrad.nn.train.EpochResult;

/**
 * What one run gave.
 *
 * @param method what was run
 * @param seed of weights, order and M
 * @param rate learning rate
 * @param extra numbers held in all M
 * @param curve by epoch
 */
record Outcome(Method method, long seed, double rate, long extra, List<EpochResult> curve) {
  EpochResult last() {
    return curve.getLast();
  }

  double accuracy() {
    return last().validation().get("accuracy");
  }

  /** Seconds of a typical epoch: the lower median, which the JVM's first, slow one is not. */
  double secondsPerEpoch() {
    double[] seconds = curve.stream().mapToDouble(EpochResult::seconds).sorted().toArray();
    return seconds[(seconds.length - 1) / 2];
  }
}
