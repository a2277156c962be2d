package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.AvgPool2d;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Window2d;

/** Pooling over images [N, C, H, W]. */
final class Pooling {
  private Pooling() {}

  static void max(MaxPool2d op, Values x, Tensor[] out) {
    Values y = Values.zeros(out[0].shape());
    Values places = Values.zeros(out[0].shape());
    Pool2d pool = op.pool();
    Window2d window = pool.window();
    int height = x.extent(2);
    int width = x.extent(3);
    int outHeight = y.extent(2);
    int outWidth = y.extent(3);
    for (int number = 0; number < y.count(); number++) {
      int plane = number / (outHeight * outWidth) * height * width;
      long top = number / outWidth % outHeight * window.stride().height() - window.padding().top();
      long left = number % outWidth * window.stride().width() - window.padding().left();
      double best = Double.NEGATIVE_INFINITY;
      int place = -1;
      for (int r = 0; r < pool.kernel().height(); r++) {
        long row = top + r * window.dilation().height();
        for (int s = 0; s < pool.kernel().width(); s++) {
          long column = left + s * window.dilation().width();
          if (row < 0 || row >= height || column < 0 || column >= width) {
            continue;
          }
          int at = (int) (row * width + column);
          double value = x.data()[plane + at];
          if (place < 0 || value > best || (Double.isNaN(value) && !Double.isNaN(best))) {
            best = value;
            place = at;
          }
        }
      }
      y.data()[number] = best;
      places.data()[number] = place;
    }
    y.store(out[0]);
    places.store(out[1]);
  }

  static Values maxGradient(Values[] in, Shape shape) {
    Values dx = Values.zeros(shape);
    int inner = in[0].inner(1);
    int outer = dx.inner(1);
    for (int i = 0; i < in[0].count(); i++) {
      int place = (int) in[1].data()[i];
      if (place >= 0) {
        dx.data()[i / inner * outer + place] += in[0].data()[i];
      }
    }
    return dx;
  }

  /** Takes the number of a window in y, a place under it in x, and the window's divisor. */
  @FunctionalInterface
  private interface Share {
    void accept(int y, int x, double divisor);
  }

  private static void windows(AvgPool2d op, Shape x, Shape y, Share share) {
    Pool2d pool = op.pool();
    Window2d window = pool.window();
    int height = (int) x.extent(2);
    int width = (int) x.extent(3);
    int outHeight = (int) y.extent(2);
    int outWidth = (int) y.extent(3);
    for (int number = 0; number < y.count(); number++) {
      int plane = number / (outHeight * outWidth) * height * width;
      long top = number / outWidth % outHeight * window.stride().height() - window.padding().top();
      long left = number % outWidth * window.stride().width() - window.padding().left();
      long bottom = Math.min(top + pool.kernel().height(), height + window.padding().bottom());
      long right = Math.min(left + pool.kernel().width(), width + window.padding().right());
      long counted = (bottom - top) * (right - left);
      long firstRow = Math.max(0, top);
      long firstColumn = Math.max(0, left);
      long lastRow = Math.min(height, bottom);
      long lastColumn = Math.min(width, right);
      long inside = (lastRow - firstRow) * (lastColumn - firstColumn);
      for (long r = firstRow; r < lastRow; r++) {
        for (long c = firstColumn; c < lastColumn; c++) {
          share.accept(number, (int) (plane + r * width + c), op.countPadding() ? counted : inside);
        }
      }
    }
  }

  static Values average(AvgPool2d op, Values x, Shape shape) {
    Values y = Values.zeros(shape);
    windows(op, x.shape(), shape, (i, j, divisor) -> y.data()[i] += x.data()[j] / divisor);
    return y;
  }

  static Values averageGradient(AvgPool2d.Gradient op, Values dy, Shape shape) {
    Values dx = Values.zeros(shape);
    windows(
        op.forward(), shape, dy.shape(), (i, j, divisor) -> dx.data()[j] += dy.data()[i] / divisor);
    return dx;
  }

  private static void cells(Shape x, Shape y, Share share) {
    int height = (int) x.extent(2);
    int width = (int) x.extent(3);
    int rows = (int) y.extent(2);
    int columns = (int) y.extent(3);
    for (int number = 0; number < y.count(); number++) {
      int plane = number / (rows * columns) * height * width;
      int i = number / columns % rows;
      int j = number % columns;
      int top = i * height / rows;
      int bottom = Math.ceilDiv((i + 1) * height, rows);
      int left = j * width / columns;
      int right = Math.ceilDiv((j + 1) * width, columns);
      for (int r = top; r < bottom; r++) {
        for (int c = left; c < right; c++) {
          share.accept(number, plane + r * width + c, (bottom - top) * (right - left));
        }
      }
    }
  }

  static Values adaptive(Values x, Shape shape) {
    Values y = Values.zeros(shape);
    cells(x.shape(), shape, (i, j, divisor) -> y.data()[i] += x.data()[j] / divisor);
    return y;
  }

  static Values adaptiveGradient(Values dy, Shape shape) {
    Values dx = Values.zeros(shape);
    cells(shape, dy.shape(), (i, j, divisor) -> dx.data()[j] += dy.data()[i] / divisor);
    return dx;
  }
}
