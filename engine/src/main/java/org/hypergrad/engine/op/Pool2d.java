package org.hypergrad.engine.op;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;

/**
 * The geometry of pooling over images [N, C, H, W].
 *
 * @param kernel extents of the window
 * @param window stride, padding (the same on both sides of an axis) and dilation
 * @param ceil whether a last window that overhangs the padded image counts; PyTorch's rule: it does
 *     unless it starts in the padding
 */
public record Pool2d(Window2d.Pair kernel, Window2d window, boolean ceil) {
  /** A square window that moves by its own size. */
  public static Pool2d of(long kernel) {
    return of(kernel, kernel, 0);
  }

  /** A square window. */
  public static Pool2d of(long kernel, long stride, long padding) {
    return new Pool2d(
        Window2d.Pair.of(kernel), Window2d.UNIT.withStride(stride).withPadding(padding), false);
  }

  public Pool2d withCeil() {
    return new Pool2d(kernel, window, true);
  }

  /**
   * Checks the numbers that do not depend on an image.
   *
   * @param op the operation to name in the error
   * @throws org.hypergrad.engine.error.ArgumentException that names the one that is out of range
   */
  public void check(String op) {
    window.check(op, kernel.height(), kernel.width());
    Window2d.Padding padding = window.padding();
    Rules.argument(
        op,
        padding.top() == padding.bottom()
            && padding.left() == padding.right()
            && padding.top() * 2 <= kernel.height()
            && padding.left() * 2 <= kernel.width(),
        "padding",
        this,
        "the same on both sides, at most half of the kernel");
  }

  Spec infer(String op, Spec in) {
    Rules.floating(op, in);
    Rules.rank(op, in, 4, "x [N, C, H, W]");
    check(op);
    Window2d.Padding padding = window.padding();
    Shape shape = in.shape();
    long height =
        out(
            shape.extent(2),
            kernel.height(),
            window.stride().height(),
            padding.top(),
            window.dilation().height());
    long width =
        out(
            shape.extent(3),
            kernel.width(),
            window.stride().width(),
            padding.left(),
            window.dilation().width());
    Rules.shape(
        op, height > 0 && width > 0, "window is larger than the padded image", this::toString, in);
    return in.withShape(Shape.of(shape.extent(0), shape.extent(1), height, width));
  }

  private long out(long extent, long kernel, long stride, long padding, long dilation) {
    long room = extent + 2 * padding - dilation * (kernel - 1) - 1;
    if (room < 0) {
      return 0;
    }
    long out = (ceil ? Math.ceilDiv(room, stride) : room / stride) + 1;
    return ceil && (out - 1) * stride >= extent + padding ? out - 1 : out;
  }
}
