package org.hypergrad.engine.backend.cuda;

import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.ConvTranspose2d;
import org.hypergrad.engine.op.Window2d;
import org.hypergrad.kernels.ConvolutionShape;
import org.hypergrad.kernels.ConvolutionShape.Images;
import org.hypergrad.kernels.ConvolutionShape.Pair;
import org.hypergrad.kernels.CudaStream;

/**
 * Convolutions, by cuDNN, of one output element or more. cuDNN knows one padding for both sides of
 * an axis: where that gives other windows than the op's, the images are padded first, and the
 * convolution of those needs no padding.
 */
final class CudaConvolution {
  private final CudaStream stream;
  private final CudaStructure structure;

  CudaConvolution(CudaStream stream, CudaStructure structure) {
    this.stream = stream;
    this.structure = structure;
  }

  void forward(Conv2d op, Tensor[] in, Tensor y) {
    Tensor x = in[0];
    Tensor w = in[1].contiguous();
    if (x.count() == 0) {
      y.fill(0);
    } else {
      Margins margins = Margins.of(op.window(), x.shape(), w.shape(), y.shape());
      Tensor padded = margins == null ? x.contiguous() : margins.pad(x);
      ConvolutionShape shape = shape(margins == null ? op : margins.without(op), padded, w);
      stream.dnn().convolve(shape, Kernels.view(padded), Kernels.view(w), Kernels.view(y));
    }
    addBias(in, y);
  }

  void inputGradient(Conv2d op, Tensor gradient, Tensor weights, Tensor dx) {
    if (gradient.count() == 0) {
      dx.fill(0);
      return;
    }
    Tensor w = weights.contiguous();
    Margins margins = Margins.of(op.window(), dx.shape(), w.shape(), gradient.shape());
    if (margins != null) {
      Conv2d.InputGradient wide =
          new Conv2d.InputGradient(
              margins.without(op), margins.height(dx.extent(2)), margins.width(dx.extent(3)));
      structure.copy(margins.cut(Dispatch.run(wide, gradient, w)[0], dx.shape()), dx);
      return;
    }
    Tensor dy = gradient.contiguous();
    stream
        .dnn()
        .inputGradient(shape(op, dx, w), Kernels.view(dy), Kernels.view(w), Kernels.view(dx));
  }

  void weightGradient(Conv2d op, Tensor x, Tensor gradient, Tensor dw) {
    if (x.count() == 0 || gradient.count() == 0) {
      dw.fill(0);
      return;
    }
    Tensor dy = gradient.contiguous();
    Margins margins = Margins.of(op.window(), x.shape(), dw.shape(), dy.shape());
    Tensor padded = margins == null ? x.contiguous() : margins.pad(x);
    ConvolutionShape shape = shape(margins == null ? op : margins.without(op), padded, dw);
    stream.dnn().weightGradient(shape, Kernels.view(padded), Kernels.view(dy), Kernels.view(dw));
  }

  void transposed(ConvTranspose2d op, Tensor[] in, Tensor y) {
    inputGradient(op.convolution(), in[0], in[1], y);
    addBias(in, y);
  }

  private void addBias(Tensor[] in, Tensor y) {
    if (in.length > 2) {
      Tensor bias = in[2].contiguous();
      stream.dnn().addBias(images(y), Kernels.view(bias), Kernels.view(y));
    }
  }

  private static Images images(Tensor x) {
    return new Images(x.extent(0), x.extent(1), x.extent(2), x.extent(3));
  }

  private static Pair pair(Window2d.Pair pair) {
    return new Pair(pair.height(), pair.width());
  }

  /** Of a convolution whose padding is the same on both sides of an axis, or may be taken so. */
  private static ConvolutionShape shape(Conv2d op, Tensor x, Tensor w) {
    Window2d window = op.window();
    return new ConvolutionShape(
        images(x),
        w.extent(0),
        new Pair(w.extent(2), w.extent(3)),
        pair(window.stride()),
        new Pair(window.padding().top(), window.padding().left()),
        pair(window.dilation()),
        op.groups());
  }

  /** What is added around images before cuDNN sees them. */
  private record Margins(Window2d.Padding padding) {
    /** Those of a window, or null if cuDNN's own padding gives the same output extents. */
    static Margins of(Window2d window, Shape x, Shape w, Shape y) {
      Window2d.Padding given = window.padding();
      Window2d same =
          new Window2d(
              window.stride(),
              new Window2d.Padding(given.top(), given.top(), given.left(), given.left()),
              window.dilation());
      return same.outHeight(x.extent(2), w.extent(2)) == y.extent(2)
              && same.outWidth(x.extent(3), w.extent(3)) == y.extent(3)
          ? null
          : new Margins(given);
    }

    Conv2d without(Conv2d op) {
      Window2d window = op.window();
      return new Conv2d(
          new Window2d(window.stride(), Window2d.Padding.NONE, window.dilation()), op.groups());
    }

    Tensor pad(Tensor x) {
      return x.pad(
          new long[] {0, 0, padding.top(), padding.left()},
          new long[] {0, 0, padding.bottom(), padding.right()},
          0);
    }

    long height(long rows) {
      return rows + padding.top() + padding.bottom();
    }

    long width(long columns) {
      return columns + padding.left() + padding.right();
    }

    Tensor cut(Tensor padded, Shape shape) {
      return padded
          .slice(2, padding.top(), padding.top() + shape.extent(2))
          .slice(3, padding.left(), padding.left() + shape.extent(3));
    }
  }
}
