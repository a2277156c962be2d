package org.hypergrad.examples.experiment;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.hypergrad.fop.Extra;
import org.hypergrad.nn.train.EpochResult;

/**
 * What one run gave.
 *
 * @param seed of weights, order and M
 * @param rate learning rate
 * @param extra numbers held for what is learned beside the weights
 * @param curve by epoch
 * @param losses of the last steps, 250 at most, oldest first
 * @param samples what the probe saw
 * @param stopped why it ended early, if it diverged: the rest is then what was before
 */
public record Outcome(
    long seed,
    double rate,
    Extra extra,
    List<EpochResult> curve,
    double[] losses,
    List<double[]> samples,
    Optional<String> stopped) {
  /** The last epoch. */
  public EpochResult last() {
    return curve.getLast();
  }

  /** Share of the test images that were named rightly after the last epoch. */
  public double accuracy() {
    return last().validation().get("accuracy");
  }

  /** Mean of the last steps' losses. */
  public double recentLoss() {
    return Arrays.stream(losses).average().orElse(Double.NaN);
  }

  /** Seconds of a typical step: of the steps of each epoch, the lower median. */
  public double secondsPerStep() {
    double[] seconds = new double[curve.size()];
    long before = 0;
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] = curve.get(i).seconds() / (curve.get(i).step() - before);
      before = curve.get(i).step();
    }
    Arrays.sort(seconds);
    return seconds[(seconds.length - 1) / 2];
  }

  /** Seconds of a typical epoch: the lower median, which the JVM's first, slow one is not. */
  public double secondsPerEpoch() {
    double[] seconds = curve.stream().mapToDouble(EpochResult::seconds).sorted().toArray();
    return seconds[(seconds.length - 1) / 2];
  }
}
