package org.hypergrad.engine.op;

/**
 * How a window of two axes moves over an image: where it steps, what is added around the image, and
 * how far apart its taps lie. In pixels, height first.
 *
 * @param stride step, at least 1
 * @param padding rows and columns around the image
 * @param dilation distance of taps, at least 1
 */
public record Window2d(Pair stride, Padding padding, Pair dilation) {
  /** Step 1, no padding, no dilation. */
  public static final Window2d UNIT = new Window2d(Pair.ONE, Padding.NONE, Pair.ONE);

  /** A number for each axis. */
  public record Pair(long height, long width) {
    public static final Pair ONE = new Pair(1, 1);

    public static Pair of(long both) {
      return new Pair(both, both);
    }
  }

  /** Rows and columns around an image, at least 0 each. */
  public record Padding(long top, long bottom, long left, long right) {
    public static final Padding NONE = new Padding(0, 0, 0, 0);

    public static Padding of(long all) {
      return new Padding(all, all, all, all);
    }
  }

  public Window2d withStride(long both) {
    return new Window2d(Pair.of(both), padding, dilation);
  }

  public Window2d withPadding(long all) {
    return new Window2d(stride, Padding.of(all), dilation);
  }

  public Window2d withDilation(long both) {
    return new Window2d(stride, padding, Pair.of(both));
  }

  /**
   * The padding with which a kernel gives an image of the same extents at stride 1: d (k - 1) in
   * all, the odd one at the bottom and on the right (PyTorch's rule).
   */
  public Window2d same(long kernelHeight, long kernelWidth) {
    long vertical = dilation.height() * (kernelHeight - 1);
    long horizontal = dilation.width() * (kernelWidth - 1);
    return new Window2d(
        stride,
        new Padding(
            vertical / 2, vertical - vertical / 2, horizontal / 2, horizontal - horizontal / 2),
        dilation);
  }

  /**
   * Checks the numbers that do not depend on an image.
   *
   * @param op the operation to name in the error
   * @throws org.hypergrad.engine.error.ArgumentException if kernel, stride or dilation is below 1
   *     or padding below 0
   */
  public void check(String op, long kernelHeight, long kernelWidth) {
    Rules.argument(
        op,
        kernelHeight > 0 && kernelWidth > 0,
        "kernel",
        () -> kernelHeight + " x " + kernelWidth,
        "extents >= 1");
    Rules.argument(op, stride.height() > 0 && stride.width() > 0, "stride", this, "stride >= 1");
    Rules.argument(
        op, dilation.height() > 0 && dilation.width() > 0, "dilation", this, "dilation >= 1");
    Rules.argument(
        op,
        Math.min(
                Math.min(padding.top(), padding.bottom()),
                Math.min(padding.left(), padding.right()))
            >= 0,
        "padding",
        this,
        "padding >= 0");
  }

  /** Rows of the result: floor((h + padding - d (k - 1) - 1) / stride) + 1. */
  public long outHeight(long height, long kernel) {
    return Math.floorDiv(
            height + padding.top() + padding.bottom() - dilation.height() * (kernel - 1) - 1,
            stride.height())
        + 1;
  }

  /** Columns of the result, by the same formula. */
  public long outWidth(long width, long kernel) {
    return Math.floorDiv(
            width + padding.left() + padding.right() - dilation.width() * (kernel - 1) - 1,
            stride.width())
        + 1;
  }
}
