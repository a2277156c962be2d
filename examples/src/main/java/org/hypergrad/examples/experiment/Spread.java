package org.hypergrad.examples.experiment;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.apache.commons.statistics.inference.DataDispersion;
import org.apache.commons.statistics.inference.TTest;

/** One number as several runs gave it. */
public record Spread(double[] values) {
  /** A number of each. */
  public static <T> Spread of(Collection<T> runs, ToDoubleFunction<T> number) {
    return new Spread(runs.stream().mapToDouble(number).toArray());
  }

  /** The mean; NaN of none. */
  public double mean() {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  /** The least; NaN of none. */
  public double least() {
    return Arrays.stream(values).min().orElse(Double.NaN);
  }

  /** The greatest; NaN of none. */
  public double greatest() {
    return Arrays.stream(values).max().orElse(Double.NaN);
  }

  /** The standard deviation of a sample, divided by n - 1; NaN of fewer than two. */
  public double deviation() {
    double mean = mean();
    double sum = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return values.length < 2 ? Double.NaN : Math.sqrt(sum / (values.length - 1));
  }

  /**
   * How likely means at least this far apart are if nothing differs: Welch's t-test, two-sided. NaN
   * where it does not apply: to fewer than two values, or to values that do not vary.
   */
  public double welch(Spread other) {
    boolean applies =
        values.length >= 2 && other.values.length >= 2 && deviation() + other.deviation() > 0;
    return applies
        ? TTest.withDefaults()
            .with(DataDispersion.HETEROSCEDASTIC)
            .test(values, other.values)
            .getPValue()
        : Double.NaN;
  }

  /**
   * By how much a share that was measured on so many examples is uncertain by their number alone:
   * two standard errors, with two hits and two misses added (Agresti and Coull, 1998).
   */
  public static double uncertainty(double share, long examples) {
    double moderate = (share * examples + 2) / (examples + 4);
    return 2 * Math.sqrt(moderate * (1 - moderate) / (examples + 4));
  }

  /** Mean and deviation, times {@code factor}, with so many digits. */
  public String text(double factor, int digits) {
    String number = "%." + digits + "f";
    return values.length < 2
        ? String.format(Locale.ROOT, number, factor * mean())
        : String.format(
            Locale.ROOT, number + " ± " + number, factor * mean(), factor * deviation());
  }
}
