package org.hypergrad.engine.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** One element after another: runs anywhere, and takes the vector loops' remainders. */
class PlainRowKernels implements RowKernels {
  /** Adding it to a float of at most 22 bits leaves the nearest integer in the low bits. */
  private static final float ROUND = 0x1.8p23f;

  private static final float LOG2_E = 1.4426950408889634f;

  /** ln 2 in two parts; products of the first with the exponents that occur are exact. */
  private static final float LN2_HIGH = 0x1.63p-1f;

  private static final float LN2_LOW = (float) (0.6931471805599453 - 0x1.63p-1);

  /** Below, exp is 0. */
  private static final float EXP_LOW = -104;

  /** Above, exp is infinite. */
  private static final float EXP_HIGH = 89;

  /** 1 / k! for k = 7 to 0: on [-ln 2 / 2, ln 2 / 2] the rest of the series is below 1e-8. */
  private static final float[] EXP_SERIES = {
    1f / 5040, 1f / 720, 1f / 120, 1f / 24, 1f / 6, 1f / 2, 1, 1
  };

  /**
   * exp by 2^n exp(r) with x = n ln 2 + r: of products and sums alone, it has the same bits
   * compiled and not, as {@link Math#exp} may not.
   */
  private static float exp(float x) {
    float bounded = Math.max(EXP_LOW, Math.min(EXP_HIGH, x));
    float rounded = bounded * LOG2_E + ROUND;
    float n = rounded - ROUND;
    float r = bounded - n * LN2_HIGH - n * LN2_LOW;
    float series = EXP_SERIES[0];
    for (int k = 1; k < EXP_SERIES.length; k++) {
      series = series * r + EXP_SERIES[k];
    }
    // In two steps, since 2^n alone may be too small for a normal float or too large.
    int exponent = Float.floatToRawIntBits(rounded) - Float.floatToRawIntBits(ROUND);
    int half = exponent >> 1;
    return series
        * Float.intBitsToFloat((half + 127) << 23)
        * Float.intBitsToFloat((exponent - half + 127) << 23);
  }

  static float get(MemorySegment segment, long index) {
    return segment.get(JAVA_FLOAT_UNALIGNED, index << 2);
  }

  static void set(MemorySegment segment, long index, float value) {
    segment.set(JAVA_FLOAT_UNALIGNED, index << 2, value);
  }

  @Override
  public double sum(MemorySegment x, long at, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += get(x, at + i);
    }
    return sum;
  }

  @Override
  public double squares(MemorySegment x, long at, int n, double shift) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double deviation = get(x, at + i) - shift;
      sum += deviation * deviation;
    }
    return sum;
  }

  @Override
  public double dot(MemorySegment x, long at, MemorySegment y, long to, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (double) get(x, at + i) * get(y, to + i);
    }
    return sum;
  }

  @Override
  public float max(MemorySegment x, long at, int n) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, get(x, at + i));
    }
    return max;
  }

  @Override
  public float min(MemorySegment x, long at, int n) {
    float min = Float.POSITIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      min = Math.min(min, get(x, at + i));
    }
    return min;
  }

  @Override
  public double exponentials(MemorySegment x, long at, int n, float shift) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += exp(get(x, at + i) - shift);
    }
    return sum;
  }

  @Override
  public double exp(MemorySegment x, long at, MemorySegment y, long to, int n, float shift) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      float e = exp(get(x, at + i) - shift);
      set(y, to + i, e);
      sum += e;
    }
    return sum;
  }

  @Override
  public void scale(MemorySegment x, long at, int n, float factor) {
    for (int i = 0; i < n; i++) {
      set(x, at + i, get(x, at + i) * factor);
    }
  }

  @Override
  public void subtract(
      MemorySegment x, long at, MemorySegment y, long to, int n, double a, double b) {
    for (int i = 0; i < n; i++) {
      set(y, to + i, (float) (get(x, at + i) - a - b));
    }
  }

  @Override
  public void addTo(double[] sums, MemorySegment x, long at, int n, long stride, long rows) {
    for (long row = 0; row < rows; row++) {
      for (int i = 0; i < n; i++) {
        sums[i] += get(x, at + row * stride + i);
      }
    }
  }

  @Override
  public void maxTo(double[] maxima, MemorySegment x, long at, int n) {
    for (int i = 0; i < n; i++) {
      maxima[i] = Math.max(maxima[i], get(x, at + i));
    }
  }

  @Override
  public void minTo(double[] minima, MemorySegment x, long at, int n) {
    for (int i = 0; i < n; i++) {
      minima[i] = Math.min(minima[i], get(x, at + i));
    }
  }

  @Override
  public void squaresTo(double[] sums, MemorySegment x, long at, int n, double[] shift) {
    for (int i = 0; i < n; i++) {
      double deviation = get(x, at + i) - shift[i];
      sums[i] += deviation * deviation;
    }
  }

  @Override
  public void exponentialsTo(double[] sums, MemorySegment x, long at, int n, double[] shift) {
    for (int i = 0; i < n; i++) {
      sums[i] += exp(get(x, at + i) - (float) shift[i]);
    }
  }

  @Override
  public void add(MemorySegment x, long at, int n, float[] terms) {
    add(x, at, 0, n, terms);
  }

  static void add(MemorySegment x, long at, int from, int n, float[] terms) {
    for (int i = from; i < n; i++) {
      set(x, at + i, get(x, at + i) + terms[i]);
    }
  }

  @Override
  public void win(float[] best, int[] places, MemorySegment x, long at, int n, int place) {
    win(best, places, x, at, 0, n, place);
  }

  static void win(
      float[] best, int[] places, MemorySegment x, long at, int from, int n, int place) {
    for (int i = from; i < n; i++) {
      float value = get(x, at + i);
      if (wins(value, best[i])) {
        best[i] = value;
        places[i] = place;
      }
    }
  }

  /** Whether a value is larger than the best so far, or the first NaN. */
  static boolean wins(float value, float best) {
    return !(value <= best) && best == best;
  }
}
