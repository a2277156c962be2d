package org.hypergrad.nn.layer;

import org.hypergrad.engine.op.Window2d;
import org.hypergrad.engine.op.Window2d.Padding;
import org.hypergrad.engine.op.Window2d.Pair;

/**
 * The options of all layers that move a window over images.
 *
 * @param <B> the builder of the layer itself
 */
abstract sealed class WindowBuilder<B extends WindowBuilder<B>>
    permits ConvolutionBuilder, MaxPool2d.Builder, AvgPool2d.Builder {
  final Pair kernel;
  Window2d window;

  WindowBuilder(Pair kernel, Pair stride) {
    this.kernel = kernel;
    this.window = new Window2d(stride, Padding.NONE, Pair.ONE);
  }

  abstract B self();

  /** Step of the window in pixels, at least 1. */
  public B stride(long both) {
    return stride(both, both);
  }

  /** Step of the window in pixels, at least 1, by axis. */
  public B stride(long height, long width) {
    window = new Window2d(new Pair(height, width), window.padding(), window.dilation());
    return self();
  }

  /** Rows and columns added on each side, at least 0. */
  public B padding(long all) {
    return padding(all, all);
  }

  /** Rows added above and below, and columns added on the left and on the right. */
  public B padding(long height, long width) {
    Padding padding = new Padding(height, height, width, width);
    window = new Window2d(window.stride(), padding, window.dilation());
    return self();
  }

  void dilate(long height, long width) {
    window = new Window2d(window.stride(), window.padding(), new Pair(height, width));
  }

  /** Kernel and window for people; what is as usual is left out. */
  static String text(Pair kernel, Window2d window, Pair usualStride) {
    StringBuilder text = new StringBuilder(text(kernel));
    if (!window.stride().equals(usualStride)) {
      text.append(", stride ").append(text(window.stride()));
    }
    Padding p = window.padding();
    if (p.top() != p.bottom() || p.left() != p.right()) {
      text.append(", padding same");
    } else if (!p.equals(Padding.NONE)) {
      text.append(", padding ").append(text(new Pair(p.top(), p.left())));
    }
    if (!window.dilation().equals(Pair.ONE)) {
      text.append(", dilation ").append(text(window.dilation()));
    }
    return text.toString();
  }

  static String text(Pair pair) {
    return pair.height() == pair.width()
        ? String.valueOf(pair.height())
        : pair.height() + "x" + pair.width();
  }
}
