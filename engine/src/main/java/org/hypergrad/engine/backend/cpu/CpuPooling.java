package org.hypergrad.engine.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.op.AvgPool2d;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Window2d;

/**
 * Pooling over images [N, C, H, W]. Where all images lie with neighbouring channels next to each
 * other, the channels of a pixel are taken together; otherwise one plane after another, in any
 * strides. Each image and channel is one thread's, in row-major order of the windows.
 */
final class CpuPooling {
  /** Channels that are taken together. */
  private static final int LANES = 64;

  /** Elements that are worth a thread of their own. */
  private static final long GRAIN = 8192;

  private CpuPooling() {}

  /**
   * The places along one axis that a window covers.
   *
   * @param from the first inside of the image
   * @param to their bound
   * @param size how many count in a mean
   */
  private record Span(long from, long to, long size) {}

  /**
   * The windows along both axes.
   *
   * @param rows spans of rows, one per row of the result
   * @param columns spans of columns, one per column of the result
   * @param rowStep distance of the rows of a span
   * @param columnStep distance of the columns of a span
   */
  private record Windows(Span[] rows, Span[] columns, long rowStep, long columnStep) {
    /** Those of pooling from x to y; {@code padding} counts in means if asked for. */
    static Windows of(Pool2d pool, boolean padding, Tensor x, Tensor y) {
      Window2d window = pool.window();
      return new Windows(
          spans(
              x.extent(2),
              y.extent(2),
              pool.kernel().height(),
              window.stride().height(),
              window.padding().top(),
              window.dilation().height(),
              padding),
          spans(
              x.extent(3),
              y.extent(3),
              pool.kernel().width(),
              window.stride().width(),
              window.padding().left(),
              window.dilation().width(),
              padding),
          window.dilation().height(),
          window.dilation().width());
    }

    private static Span[] spans(
        long extent, long count, long kernel, long stride, long pad, long step, boolean padding) {
      return generate(
          count,
          i -> {
            long start = i * stride - pad;
            long from = start < 0 ? start + Math.ceilDiv(-start, step) * step : start;
            long to = Math.min(extent, start + kernel * step);
            long padded = Math.min(start + kernel * step, extent + pad) - start;
            return new Span(from, to, padding ? padded : to - from);
          });
    }

    /** The cells of a grid over x that y gives the extents of. */
    static Windows cells(Tensor x, Tensor y) {
      return new Windows(cells(x.extent(2), y.extent(2)), cells(x.extent(3), y.extent(3)), 1, 1);
    }

    private static Span[] cells(long extent, long count) {
      return generate(
          count,
          i -> {
            long from = i * extent / count;
            long to = Math.ceilDiv((i + 1) * extent, count);
            return new Span(from, to, to - from);
          });
    }

    private static Span[] generate(long count, IntFunction<Span> span) {
      Span[] spans = new Span[Math.toIntExact(count)];
      Arrays.setAll(spans, span);
      return spans;
    }
  }

  /** The elements of a tensor from an image's first channel on. */
  private record Images(MemorySegment data, long offset, long[] strides, boolean dense) {
    static Images of(Tensor t) {
      return new Images(t.segment(), t.offset(), t.strides(), t.stride(1) == 1 || t.extent(1) == 1);
    }

    long at(long image, long channel) {
      return offset + image * strides[0] + channel * strides[1];
    }

    long pixel(long row, long column) {
      return row * strides[2] + column * strides[3];
    }
  }

  /** Works on {@code width} channels of one image. */
  @FunctionalInterface
  private interface Body {
    void run(long image, long channel, int width);
  }

  private static void forEach(ThreadTeam team, Tensor x, Tensor y, boolean dense, Body body) {
    long channels = x.extent(1);
    int lanes = dense ? LANES : 1;
    long blocks = Math.ceilDiv(channels, lanes);
    long work = Math.max(x.extent(2) * x.extent(3), y.extent(2) * y.extent(3)) * lanes;
    team.run(
        x.extent(0) * blocks,
        Math.max(1, GRAIN / Math.max(1, work)),
        (from, to) -> {
          for (long unit = from; unit < to; unit++) {
            long channel = unit % blocks * lanes;
            body.run(unit / blocks, channel, (int) Math.min(lanes, channels - channel));
          }
        });
  }

  static void max(ThreadTeam team, MaxPool2d op, Tensor x, Tensor[] out) {
    Windows windows = Windows.of(op.pool(), false, x, out[0]);
    Images from = Images.of(x);
    Images to = Images.of(out[0]);
    Images chosen = Images.of(out[1]);
    int width = Math.toIntExact(x.extent(3));
    RowKernels kernels = RowKernels.best();
    forEach(
        team,
        x,
        out[0],
        from.dense && to.dense && chosen.dense,
        (image, channel, lanes) -> {
          float[] best = new float[lanes];
          int[] places = new int[lanes];
          long at = from.at(image, channel);
          for (int i = 0; i < windows.rows.length; i++) {
            for (int j = 0; j < windows.columns.length; j++) {
              if (lanes == 1) {
                maxOfPlane(windows, i, j, from, at, width, best, places);
              } else {
                maxOfLanes(kernels, windows, i, j, from, at, width, best, places);
              }
              long y = to.at(image, channel) + to.pixel(i, j);
              long place = chosen.at(image, channel) + chosen.pixel(i, j);
              for (int c = 0; c < lanes; c++) {
                PlainRowKernels.set(to.data, y + c, best[c]);
                chosen.data.set(JAVA_INT_UNALIGNED, (place + c) * 4, places[c]);
              }
            }
          }
        });
  }

  private static void maxOfPlane(
      Windows windows, int i, int j, Images x, long at, int width, float[] best, int[] places) {
    Span rows = windows.rows[i];
    Span columns = windows.columns[j];
    float winner = Float.NEGATIVE_INFINITY;
    int place = -1;
    for (long r = rows.from; r < rows.to; r += windows.rowStep) {
      for (long c = columns.from; c < columns.to; c += windows.columnStep) {
        float value = PlainRowKernels.get(x.data, at + x.pixel(r, c));
        if (place < 0 || PlainRowKernels.wins(value, winner)) {
          winner = value;
          place = (int) (r * width + c);
        }
      }
    }
    best[0] = winner;
    places[0] = place;
  }

  private static void maxOfLanes(
      RowKernels kernels,
      Windows windows,
      int i,
      int j,
      Images x,
      long at,
      int width,
      float[] best,
      int[] places) {
    Span rows = windows.rows[i];
    Span columns = windows.columns[j];
    Arrays.fill(best, Float.NEGATIVE_INFINITY);
    // Where all are -infinity, the first still wins over the padding.
    boolean covers = rows.from < rows.to && columns.from < columns.to;
    Arrays.fill(places, covers ? (int) (rows.from * width + columns.from) : -1);
    for (long r = rows.from; r < rows.to; r += windows.rowStep) {
      for (long c = columns.from; c < columns.to; c += windows.columnStep) {
        kernels.win(best, places, x.data, at + x.pixel(r, c), best.length, (int) (r * width + c));
      }
    }
  }

  static void maxGradient(ThreadTeam team, Tensor[] in, Tensor dx) {
    dx.segment().fill((byte) 0);
    Images dy = Images.of(in[0]);
    Images places = Images.of(in[1]);
    Images to = Images.of(dx);
    int height = Math.toIntExact(in[0].extent(2));
    int width = Math.toIntExact(in[0].extent(3));
    int rowLength = Math.toIntExact(dx.extent(3));
    forEach(
        team,
        in[0],
        dx,
        dy.dense && places.dense && to.dense,
        (image, channel, lanes) -> {
          long sums = to.at(image, channel);
          for (int pixel = 0; pixel < height * width; pixel++) {
            int i = pixel / width;
            int j = pixel % width;
            long given = dy.at(image, channel) + dy.pixel(i, j);
            long at = places.at(image, channel) + places.pixel(i, j);
            for (int c = 0; c < lanes; c++) {
              int place = places.data.get(JAVA_INT_UNALIGNED, (at + c) * 4);
              if (place >= 0) {
                long sum = sums + to.pixel(place / rowLength, place % rowLength) + c;
                float term = PlainRowKernels.get(dy.data, given + c);
                PlainRowKernels.set(to.data, sum, PlainRowKernels.get(to.data, sum) + term);
              }
            }
          }
        });
  }

  static void average(ThreadTeam team, AvgPool2d op, Tensor x, Tensor y) {
    average(team, Windows.of(op.pool(), op.countPadding(), x, y), x, y);
  }

  static void adaptive(ThreadTeam team, Tensor x, Tensor y) {
    average(team, Windows.cells(x, y), x, y);
  }

  private static void average(ThreadTeam team, Windows windows, Tensor x, Tensor y) {
    Images from = Images.of(x);
    Images to = Images.of(y);
    RowKernels kernels = RowKernels.best();
    forEach(
        team,
        x,
        y,
        from.dense && to.dense,
        (image, channel, lanes) -> {
          double[] sums = new double[lanes];
          long at = from.at(image, channel);
          for (int i = 0; i < windows.rows.length; i++) {
            Span rows = windows.rows[i];
            for (int j = 0; j < windows.columns.length; j++) {
              Span columns = windows.columns[j];
              Arrays.fill(sums, 0);
              for (long r = rows.from; r < rows.to; r++) {
                addRow(kernels, sums, from, at + from.pixel(r, 0), columns);
              }
              // A window beside an empty image has no element: its mean is the sum, 0.
              long divisor = Math.max(1, rows.size * columns.size);
              long place = to.at(image, channel) + to.pixel(i, j);
              for (int c = 0; c < lanes; c++) {
                PlainRowKernels.set(to.data, place + c, (float) (sums[c] / divisor));
              }
            }
          }
        });
  }

  private static void addRow(RowKernels kernels, double[] sums, Images x, long row, Span columns) {
    if (sums.length > 1) {
      for (long c = columns.from; c < columns.to; c++) {
        kernels.addTo(sums, x.data, row + x.pixel(0, c), sums.length);
      }
    } else if (x.strides[3] == 1) {
      sums[0] += kernels.sum(x.data, row + columns.from, (int) (columns.to - columns.from));
    } else {
      for (long c = columns.from; c < columns.to; c++) {
        sums[0] += PlainRowKernels.get(x.data, row + x.pixel(0, c));
      }
    }
  }

  static void averageGradient(ThreadTeam team, AvgPool2d.Gradient op, Tensor dy, Tensor dx) {
    AvgPool2d forward = op.forward();
    averageGradient(team, Windows.of(forward.pool(), forward.countPadding(), dx, dy), dy, dx);
  }

  static void adaptiveGradient(ThreadTeam team, Tensor dy, Tensor dx) {
    averageGradient(team, Windows.cells(dx, dy), dy, dx);
  }

  private static void averageGradient(ThreadTeam team, Windows windows, Tensor dy, Tensor dx) {
    dx.segment().fill((byte) 0);
    Images from = Images.of(dy);
    Images to = Images.of(dx);
    RowKernels kernels = RowKernels.best();
    forEach(
        team,
        dy,
        dx,
        from.dense && to.dense,
        (image, channel, lanes) -> {
          float[] shares = new float[lanes];
          long sums = to.at(image, channel);
          for (int i = 0; i < windows.rows.length; i++) {
            Span rows = windows.rows[i];
            for (int j = 0; j < windows.columns.length; j++) {
              Span columns = windows.columns[j];
              double divisor = rows.size * columns.size;
              long given = from.at(image, channel) + from.pixel(i, j);
              for (int c = 0; c < lanes; c++) {
                shares[c] = (float) (PlainRowKernels.get(from.data, given + c) / divisor);
              }
              for (long r = rows.from; r < rows.to; r++) {
                for (long c = columns.from; c < columns.to; c++) {
                  kernels.add(to.data, sums + to.pixel(r, c), lanes, shares);
                }
              }
            }
          }
        });
  }
}
