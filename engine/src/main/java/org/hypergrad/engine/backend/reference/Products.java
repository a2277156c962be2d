package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.ConvTranspose2d;
import org.hypergrad.engine.op.Window2d;

/** Matrix products and convolutions. */
final class Products {
  private Products() {}

  /** The product of the first two, and the third if there is one. */
  static Values matmul(Values[] in, Shape shape) {
    Values a = in[0];
    Values b = in[1];
    int rank = shape.rank();
    int m = (int) shape.extent(-2);
    int n = (int) shape.extent(-1);
    int k = a.extent(-1);
    Values left = a.broadcast(shape.with(-1, k));
    Values right = b.broadcast(shape.with(-2, k));
    Values y = Values.zeros(shape);
    Values added = in.length > 2 ? in[2].broadcast(shape) : y;
    int batches = y.count() == 0 ? 0 : y.count() / (m * n);
    for (int batch = 0; batch < batches; batch++) {
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double sum = added.data()[(batch * m + i) * n + j];
          for (int l = 0; l < k; l++) {
            sum += left.data()[(batch * m + i) * k + l] * right.data()[(batch * k + l) * n + j];
          }
          y.data()[(batch * m + i) * n + j] = sum;
        }
      }
    }
    return rank == y.shape().rank() ? y : y.broadcast(shape);
  }

  /** Takes the places of one product y[.] += x[.] w[.] of a convolution. */
  @FunctionalInterface
  private interface Tap {
    void accept(int y, int x, int w);
  }

  /** Calls {@code tap} for every product of a convolution, padding left out. */
  private static void taps(Conv2d op, Shape x, Shape w, Shape y, Tap tap) {
    Window2d window = op.window();
    int height = (int) x.extent(2);
    int width = (int) x.extent(3);
    int channels = (int) w.extent(1);
    int kernelHeight = (int) w.extent(2);
    int kernelWidth = (int) w.extent(3);
    int outputs = (int) y.extent(1);
    int perGroup = (int) (outputs / op.groups());
    int number = 0;
    for (int n = 0; n < y.extent(0); n++) {
      for (int o = 0; o < outputs; o++) {
        int first = perGroup == 0 ? 0 : o / perGroup * channels;
        for (int i = 0; i < y.extent(2); i++) {
          for (int j = 0; j < y.extent(3); j++, number++) {
            for (int c = 0; c < channels; c++) {
              for (int r = 0; r < kernelHeight; r++) {
                long row =
                    i * window.stride().height()
                        + r * window.dilation().height()
                        - window.padding().top();
                for (int s = 0; s < kernelWidth; s++) {
                  long column =
                      j * window.stride().width()
                          + s * window.dilation().width()
                          - window.padding().left();
                  if (row >= 0 && row < height && column >= 0 && column < width) {
                    int plane = (int) (n * x.extent(1)) + first + c;
                    tap.accept(
                        number,
                        (int) ((plane * height + row) * width + column),
                        ((o * channels + c) * kernelHeight + r) * kernelWidth + s);
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  static Values conv2d(Conv2d op, Values[] in, Shape shape) {
    Values y = Values.zeros(shape);
    double[] x = in[0].data();
    double[] w = in[1].data();
    taps(op, in[0].shape(), in[1].shape(), shape, (i, j, k) -> y.data()[i] += x[j] * w[k]);
    return in.length > 2 ? plusBias(y, in[2]) : y;
  }

  private static Values plusBias(Values y, Values bias) {
    int inner = y.inner(1);
    int channels = y.extent(1);
    return Values.generate(y.shape(), i -> y.data()[i] + bias.data()[i / inner % channels]);
  }

  static Values conv2dInputGradient(Conv2d op, Values dy, Values w, Shape shape) {
    Values dx = Values.zeros(shape);
    taps(op, shape, w.shape(), dy.shape(), (i, j, k) -> dx.data()[j] += dy.data()[i] * w.data()[k]);
    return dx;
  }

  static Values conv2dWeightGradient(Conv2d op, Values x, Values dy, Shape shape) {
    Values dw = Values.zeros(shape);
    taps(op, x.shape(), shape, dy.shape(), (i, j, k) -> dw.data()[k] += dy.data()[i] * x.data()[j]);
    return dw;
  }

  static Values convTranspose2d(ConvTranspose2d op, Values[] in, Shape shape) {
    Values y = conv2dInputGradient(op.convolution(), in[0], in[1], shape);
    return in.length > 2 ? plusBias(y, in[2]) : y;
  }
}
