package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;

/** Associative functions that take rows, or columns, to one value each. */
enum Fold {
  SUM(0) {
    @Override
    double row(RowKernels kernels, MemorySegment x, long at, int n, double shift) {
      return kernels.sum(x, at, n);
    }

    @Override
    void columns(RowKernels kernels, double[] y, MemorySegment x, long at, int n, double[] shift) {
      kernels.addTo(y, x, at, n);
    }

    @Override
    void columns(
        RowKernels kernels,
        double[] y,
        MemorySegment x,
        long at,
        int n,
        double[] shift,
        long stride,
        long rows) {
      kernels.addTo(y, x, at, n, stride, rows);
    }
  },
  MAX(Double.NEGATIVE_INFINITY) {
    @Override
    double row(RowKernels kernels, MemorySegment x, long at, int n, double shift) {
      return kernels.max(x, at, n);
    }

    @Override
    void columns(RowKernels kernels, double[] y, MemorySegment x, long at, int n, double[] shift) {
      kernels.maxTo(y, x, at, n);
    }

    @Override
    double join(double a, double b) {
      return Math.max(a, b);
    }
  },
  MIN(Double.POSITIVE_INFINITY) {
    @Override
    double row(RowKernels kernels, MemorySegment x, long at, int n, double shift) {
      return kernels.min(x, at, n);
    }

    @Override
    void columns(RowKernels kernels, double[] y, MemorySegment x, long at, int n, double[] shift) {
      kernels.minTo(y, x, at, n);
    }

    @Override
    double join(double a, double b) {
      return Math.min(a, b);
    }
  },
  /** The sum of (x - shift) squared. */
  SQUARES(0) {
    @Override
    double row(RowKernels kernels, MemorySegment x, long at, int n, double shift) {
      return kernels.squares(x, at, n, shift);
    }

    @Override
    void columns(RowKernels kernels, double[] y, MemorySegment x, long at, int n, double[] shift) {
      kernels.squaresTo(y, x, at, n, shift);
    }
  },
  /** The sum of exp(x - shift). */
  EXPONENTIALS(0) {
    @Override
    double row(RowKernels kernels, MemorySegment x, long at, int n, double shift) {
      return kernels.exponentials(x, at, n, (float) shift);
    }

    @Override
    void columns(RowKernels kernels, double[] y, MemorySegment x, long at, int n, double[] shift) {
      kernels.exponentialsTo(y, x, at, n, shift);
    }
  };

  /** The value of no elements. */
  final double identity;

  Fold(double identity) {
    this.identity = identity;
  }

  /** The value of one row. */
  abstract double row(RowKernels kernels, MemorySegment x, long at, int n, double shift);

  /** Takes row x into the values y of its columns, each of which has its shift. */
  abstract void columns(
      RowKernels kernels, double[] y, MemorySegment x, long at, int n, double[] shift);

  /** The same for some rows in turn, {@code stride} from each other. */
  void columns(
      RowKernels kernels,
      double[] y,
      MemorySegment x,
      long at,
      int n,
      double[] shift,
      long stride,
      long rows) {
    for (long row = 0; row < rows; row++) {
      columns(kernels, y, x, at + row * stride, n, shift);
    }
  }

  /** The value of two parts together. */
  double join(double a, double b) {
    return a + b;
  }
}
