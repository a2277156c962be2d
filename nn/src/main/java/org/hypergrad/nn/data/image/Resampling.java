package org.hypergrad.nn.data.image;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Bilinear resampling with antialias: each output is the mean of the pixels below a triangle, which
 * is as wide as two outputs where the picture shrinks and two pixels where it grows. First along
 * the rows, then along the columns, both in fixed point and rounded to whole numbers: Pillow's
 * arithmetic, to the last bit.
 */
final class Resampling {
  /** Bits behind the point: sums of 255 times weights that add up to 1 stay below 2^31. */
  private static final int FRACTION = 22;

  private static final int HALF = 1 << FRACTION - 1;

  private Resampling() {}

  /**
   * The weights of consecutive outputs along one side.
   *
   * @param first first pixel of each output
   * @param taps number of pixels of each output
   * @param weights those of output i from {@code i * stride} on
   */
  private record Axis(int[] first, int[] taps, int[] weights, int stride) {
    /**
     * Outputs {@code from .. from + count - 1} of those that a region becomes.
     *
     * @param start where the region begins, in pixels
     * @param length how long it is
     * @param low the first pixel that may count
     * @param high behind the last one
     * @param outputs number of all outputs
     */
    static Axis of(
        double start, double length, int low, int high, int outputs, int from, int count) {
      double scale = length / outputs;
      double support = Math.max(scale, 1);
      int stride = 2 * (int) Math.ceil(support) + 1;
      Axis axis = new Axis(new int[count], new int[count], new int[count * stride], stride);
      double[] triangle = new double[stride];
      for (int i = 0; i < count; i++) {
        double centre = start + (from + i + 0.5) * scale;
        int first = Math.max(low, (int) (centre - support + 0.5));
        int taps = Math.min(high, (int) (centre + support + 0.5)) - first;
        double sum = 0;
        for (int k = 0; k < taps; k++) {
          double distance = (k + first - centre + 0.5) * (1 / support);
          triangle[k] = Math.max(0, 1 - Math.abs(distance));
          sum += triangle[k];
        }
        for (int k = 0; k < taps; k++) {
          axis.weights[i * stride + k] = (int) (0.5 + triangle[k] / sum * (1 << FRACTION));
        }
        axis.first[i] = first;
        axis.taps[i] = taps;
      }
      return axis;
    }

    int outputs() {
      return first.length;
    }

    /** Behind the last pixel that counts. */
    int end() {
      return first[first.length - 1] + taps[taps.length - 1];
    }
  }

  /**
   * Writes what a view shows of a picture.
   *
   * @param view in pixels of the file: the picture may be a reduced one of it
   * @param target uint8 {@code [3, size, size]}
   */
  static void write(Picture picture, View view, MemorySegment target) {
    int reduction = picture.reduction();
    int right = Math.ceilDiv(view.left() + view.width(), reduction);
    int bottom = Math.ceilDiv(view.top() + view.height(), reduction);
    double scale = 1.0 / reduction;
    Axis columns =
        Axis.of(
            view.left() * scale,
            view.width() * scale,
            view.left() / reduction,
            right,
            view.resizedWidth(),
            view.windowLeft(),
            view.size());
    Axis rows =
        Axis.of(
            view.top() * scale,
            view.height() * scale,
            view.top() / reduction,
            bottom,
            view.resizedHeight(),
            view.windowTop(),
            view.size());
    int firstRow = rows.first[0];
    int[][] planes = alongRows(picture, columns, firstRow, rows.end(), view.mirrored());
    for (int plane = 0; plane < planes.length; plane++) {
      long offset = (long) plane * view.size() * view.size();
      alongColumns(planes[plane], firstRow, rows, target.asSlice(offset));
    }
  }

  /** Red, green and blue of the rows from first to end, each as long as the output. */
  private static int[][] alongRows(
      Picture picture, Axis columns, int firstRow, int end, boolean mirrored) {
    int width = columns.outputs();
    int[][] planes = new int[3][(end - firstRow) * width];
    for (int y = firstRow; y < end; y++) {
      int row = (y - firstRow) * width;
      int step = mirrored ? -1 : 1;
      int at = mirrored ? row + width - 1 : row;
      for (int i = 0; i < width; i++, at += step) {
        int from = y * picture.width() + columns.first[i];
        resample(picture.pixels(), from, columns, i, planes, at);
      }
    }
    return planes;
  }

  /** One output of a row: sums of red and blue are kept in the two halves of a long. */
  private static void resample(
      int[] pixels, int from, Axis columns, int output, int[][] planes, int at) {
    int[] weights = columns.weights;
    int firstWeight = output * columns.stride;
    int taps = columns.taps[output];
    long redAndBlue = (long) HALF << 32 | HALF;
    int green = HALF;
    for (int k = 0; k < taps; k++) {
      int pixel = pixels[from + k];
      int weight = weights[firstWeight + k];
      redAndBlue += ((long) (pixel >>> 24) << 32 | pixel >>> 8 & 0xFF) * weight;
      green += (pixel >>> 16 & 0xFF) * weight;
    }
    planes[0][at] = (int) (redAndBlue >>> 32 + FRACTION);
    planes[1][at] = green >>> FRACTION;
    planes[2][at] = (int) redAndBlue >>> FRACTION;
  }

  private static void alongColumns(int[] plane, int firstRow, Axis rows, MemorySegment target) {
    int width = rows.outputs();
    int[] sums = new int[width];
    byte[] bytes = new byte[width];
    for (int y = 0; y < width; y++) {
      Arrays.fill(sums, HALF);
      for (int k = 0; k < rows.taps[y]; k++) {
        add(plane, (rows.first[y] - firstRow + k) * width, rows.weights[y * rows.stride + k], sums);
      }
      for (int x = 0; x < width; x++) {
        bytes[x] = (byte) (sums[x] >>> FRACTION);
      }
      MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, (long) y * width, width);
    }
  }

  private static void add(int[] plane, int from, int weight, int[] sums) {
    for (int x = 0; x < sums.length; x++) {
      sums[x] += plane[from + x] * weight;
    }
  }
}
