package org.hypergrad.nn.data.image;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Bilinear resampling with antialias: each output is the mean of the pixels below a triangle, which
 * is as wide as two outputs where the picture shrinks and two pixels where it grows. First along
 * the rows, then along the columns, both in fixed point and rounded to whole numbers: Pillow's
 * arithmetic, to the last bit.
 *
 * <p>Of the resampled rows there are no more at a time than an output needs.
 */
final class Resampling {
  private static final RowSums ROW_SUMS = RowSums.best();

  private final Pixels picture;
  private final Axis columns;
  private final Axis rows;
  private final RowSums rowSums;

  /** Pixels of a row. */
  private final int[] pixels;

  /** Resampled rows, row y at y modulo their number, each with red, green and blue. */
  private final int[][] ring;

  private final int[] sums;

  private Resampling(Pixels picture, View view, RowSums rowSums) {
    int reduction = picture.reduction();
    double scale = 1.0 / reduction;
    this.picture = picture;
    this.rowSums = rowSums;
    this.columns =
        Axis.of(
            view.left() * scale,
            view.width() * scale,
            view.left() / reduction,
            Math.ceilDiv(view.left() + view.width(), reduction),
            view.resizedWidth(),
            view.windowLeft(),
            view.size());
    this.rows =
        Axis.of(
            view.top() * scale,
            view.height() * scale,
            view.top() / reduction,
            Math.ceilDiv(view.top() + view.height(), reduction),
            view.resizedHeight(),
            view.windowTop(),
            view.size());
    this.pixels = new int[columns.end() - columns.first()[0] + columns.most()];
    this.ring = new int[rows.most()][3 * columns.padded()];
    this.sums = new int[3 * columns.padded()];
  }

  /**
   * Writes what a view shows of a picture.
   *
   * @param view in pixels of the file: the picture may be a reduced one of it
   * @param target uint8 {@code [3, size, size]}
   */
  static void write(Pixels picture, View view, MemorySegment target) {
    write(picture, view, target, ROW_SUMS);
  }

  static void write(Pixels picture, View view, MemorySegment target, RowSums rowSums) {
    new Resampling(picture, view, rowSums).write(target, view.mirrored());
  }

  private void write(MemorySegment target, boolean mirrored) {
    int size = columns.outputs();
    byte[] bytes = new byte[size];
    int next = rows.first()[0];
    for (int y = 0; y < size; y++) {
      int first = rows.first()[y];
      for (int end = first + rows.taps()[y]; next < end; next++) {
        resample(next);
      }
      Arrays.fill(sums, Axis.HALF);
      for (int k = 0; k < rows.taps()[y]; k++) {
        add(ring[(first + k) % ring.length], rows.weights()[k * rows.padded() + y], sums);
      }
      for (int plane = 0; plane < 3; plane++) {
        round(plane * columns.padded(), bytes, mirrored);
        long at = ((long) plane * size + y) * size;
        MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, at, size);
      }
    }
  }

  private void resample(int y) {
    int left = columns.first()[0];
    picture.row(left, y, columns.end() - left, pixels);
    rowSums.write(pixels, columns, ring[y % ring.length]);
  }

  private static void add(int[] row, int weight, int[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += row[i] * weight;
    }
  }

  private void round(int from, byte[] bytes, boolean mirrored) {
    int last = bytes.length - 1;
    for (int i = 0; i <= last; i++) {
      bytes[mirrored ? last - i : i] = (byte) (sums[from + i] >>> Axis.FRACTION);
    }
  }
}
