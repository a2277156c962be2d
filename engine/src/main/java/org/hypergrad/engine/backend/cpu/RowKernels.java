package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Loops over rows of float32 elements that lie one after another. A row is a segment, the index of
 * its first element and its length; sums are taken in double, so that they lose nothing over any
 * length. The same input gives the same bits, compiled or interpreted.
 */
interface RowKernels {
  /** The fastest that runs here. */
  static RowKernels best() {
    return Best.KERNELS;
  }

  /** Picked at first use; the vector class is loaded only where its module is. */
  final class Best {
    private static final RowKernels KERNELS =
        ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                && !"false".equals(System.getProperty("hypergrad.vector"))
            ? new VectorRowKernels()
            : new PlainRowKernels();

    private Best() {}
  }

  /** The sum; 0 of none. */
  double sum(MemorySegment x, long at, int n);

  /** The sum of (x - shift) squared. */
  double squares(MemorySegment x, long at, int n, double shift);

  /** The sum of x y. */
  double dot(MemorySegment x, long at, MemorySegment y, long to, int n);

  /** The largest, NaN if any is; -infinity of none. */
  float max(MemorySegment x, long at, int n);

  /** The smallest, NaN if any is; infinity of none. */
  float min(MemorySegment x, long at, int n);

  /** The sum of exp(x - shift). */
  double exponentials(MemorySegment x, long at, int n, float shift);

  /** y = exp(x - shift), where y may be x. Returns the sum. */
  double exp(MemorySegment x, long at, MemorySegment y, long to, int n, float shift);

  /** x = factor x. */
  void scale(MemorySegment x, long at, int n, float factor);

  /** y = (x - a) - b, in double, where y may be x. */
  void subtract(MemorySegment x, long at, MemorySegment y, long to, int n, double a, double b);

  /** sums[i] += x[i]. */
  default void addTo(double[] sums, MemorySegment x, long at, int n) {
    addTo(sums, x, at, n, 0, 1);
  }

  /** sums[i] += x[i] of each of some rows in turn, the first at {@code at}. */
  void addTo(double[] sums, MemorySegment x, long at, int n, long stride, long rows);

  /** maxima[i] = max(maxima[i], x[i]). */
  void maxTo(double[] maxima, MemorySegment x, long at, int n);

  /** minima[i] = min(minima[i], x[i]). */
  void minTo(double[] minima, MemorySegment x, long at, int n);

  /** sums[i] += (x[i] - shift[i]) squared. */
  void squaresTo(double[] sums, MemorySegment x, long at, int n, double[] shift);

  /** sums[i] += exp(x[i] - shift[i]). */
  void exponentialsTo(double[] sums, MemorySegment x, long at, int n, double[] shift);

  /** x[i] += terms[i]. */
  void add(MemorySegment x, long at, int n, float[] terms);

  /**
   * Where x[i] wins over {@code best[i]}, takes it and notes {@code place}: it wins if it is larger
   * or the first NaN.
   */
  void win(float[] best, int[] places, MemorySegment x, long at, int n, int place);
}
