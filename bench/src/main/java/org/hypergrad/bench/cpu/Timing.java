package org.hypergrad.bench.cpu;

import java.util.Locale;

/**
 * What was found out about a row.
 *
 * @param row its name
 * @param ms mean time of a run, in milliseconds
 * @param errorMs half of the mean's 99.9 % confidence interval
 * @param samples iterations that the mean is of
 * @param unit of the rate: 10^9 bytes or floating-point operations in a second
 * @param work bytes or floating-point operations of a run
 * @param rate work by time, in that unit
 * @param percent of the ceiling's rate
 * @param allocatedBytes of Java's heap, in a run
 */
record Timing(
    String row,
    double ms,
    double errorMs,
    long samples,
    String unit,
    long work,
    double rate,
    double percent,
    double allocatedBytes) {
  static final String HEADER =
      "%-74s %10s %9s %16s %9s %12s"
          .formatted("row", "time", "error", "rate", "ceiling", "allocated");

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is no time
   */
  Timing {
    if (!(ms > 0 && ms < Double.POSITIVE_INFINITY && errorMs >= 0)) {
      throw new IllegalArgumentException(row + " has a time of " + ms + " +- " + errorMs + " ms");
    }
  }

  /**
   * By a row's mean time.
   *
   * @param nanos mean and half of its confidence interval, in nanoseconds
   * @param ceiling the highest rate of this kind of work; NaN if this is it
   */
  static Timing of(
      String row,
      double nanos,
      double errorNanos,
      long samples,
      Cost cost,
      double ceiling,
      double allocatedBytes) {
    double rate = cost.amount() / nanos;
    return new Timing(
        row,
        nanos / 1e6,
        errorNanos / 1e6,
        samples,
        cost.unit().rate(),
        cost.amount(),
        rate,
        Double.isNaN(ceiling) ? 100 : 100 * rate / ceiling,
        allocatedBytes);
  }

  /** A duration with four digits and the unit that suits it. */
  static String time(double ms) {
    if (ms >= 1000) {
      return digits(ms / 1000) + " s";
    } else if (ms >= 1) {
      return digits(ms) + " ms";
    } else if (ms >= 1e-3) {
      return digits(ms * 1e3) + " us";
    }
    return digits(ms * 1e6) + " ns";
  }

  private static String digits(double value) {
    int before = value < 1 ? 1 : (int) Math.log10(value) + 1;
    return String.format(Locale.ROOT, "%." + Math.max(0, 4 - before) + "f", value);
  }

  /** The error as a share of the time. */
  String error() {
    return String.format(Locale.ROOT, "%.1f %%", 100 * errorMs / ms);
  }

  /** A line under {@link #HEADER}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%-74s %10s %9s %16s %7.1f %% %10.0f B",
        row,
        time(ms),
        error(),
        String.format(Locale.ROOT, "%.2f %s", rate, unit),
        percent,
        allocatedBytes);
  }
}
