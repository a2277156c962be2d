package org.hypergrad.bench.peers;

import java.util.Arrays;

/** The values below which a quarter, a half and three quarters of some numbers lie. */
record Quartiles(double lower, double median, double upper) {
  static Quartiles of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return new Quartiles(at(sorted, 1), at(sorted, 2), at(sorted, 3));
  }

  private static double at(double[] sorted, int quarter) {
    double at = (sorted.length - 1) * quarter / 4.0;
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
