package org.hypergrad.nn.data.image;

/**
 * The weights of consecutive outputs along one side.
 *
 * @param outputs number of outputs
 * @param padded that number, rounded up to whole vectors; outputs behind the last weigh nothing
 * @param first first pixel of each output
 * @param taps number of pixels of each output
 * @param most largest number of pixels of an output
 * @param weights in fixed point, of the k-th pixel of output i at {@code k * padded + i}
 */
record Axis(int outputs, int padded, int[] first, int[] taps, int most, int[] weights) {
  /** Bits behind the point: sums of 255 times weights that add up to 1 stay below 2^31. */
  static final int FRACTION = 22;

  /** What rounds a sum when the bits behind the point are dropped. */
  static final int HALF = 1 << FRACTION - 1;

  /** At least as many lanes as any processor's vectors have. */
  private static final int LANES = 16;

  /**
   * Outputs {@code from .. from + outputs - 1} of those that a region becomes.
   *
   * @param start where the region begins, in pixels
   * @param length how long it is
   * @param low the first pixel that may count
   * @param high behind the last one
   * @param all number of all outputs
   */
  static Axis of(double start, double length, int low, int high, int all, int from, int outputs) {
    double scale = length / all;
    double support = Math.max(scale, 1);
    int most = 2 * (int) Math.ceil(support) + 1;
    int padded = Math.ceilDiv(outputs, LANES) * LANES;
    int[] first = new int[padded];
    int[] taps = new int[padded];
    int[] weights = new int[most * padded];
    double[] triangle = new double[most];
    for (int i = 0; i < outputs; i++) {
      double centre = start + (from + i + 0.5) * scale;
      first[i] = Math.max(low, (int) (centre - support + 0.5));
      taps[i] = Math.min(high, (int) (centre + support + 0.5)) - first[i];
      double sum = 0;
      for (int k = 0; k < taps[i]; k++) {
        double distance = (k + first[i] - centre + 0.5) * (1 / support);
        triangle[k] = Math.max(0, 1 - Math.abs(distance));
        sum += triangle[k];
      }
      for (int k = 0; k < taps[i]; k++) {
        weights[k * padded + i] = (int) (0.5 + triangle[k] / sum * (1 << FRACTION));
      }
    }
    for (int i = outputs; i < padded; i++) {
      first[i] = first[0];
    }
    return new Axis(outputs, padded, first, taps, most, weights);
  }

  /** Behind the last pixel that counts. */
  int end() {
    return first[outputs - 1] + taps[outputs - 1];
  }
}
