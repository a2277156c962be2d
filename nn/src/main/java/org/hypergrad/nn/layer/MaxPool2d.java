package org.hypergrad.nn.layer;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Window2d.Pair;
import org.hypergrad.nn.Module;

/**
 * The largest element under each window of x [N, C, H, W]. The window moves by its own size unless
 * told otherwise; extents are those of {@link Conv2d}.
 */
public final class MaxPool2d extends Module {
  private final org.hypergrad.engine.op.MaxPool2d op;

  /**
   * A square window that moves by its own size.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if it is below 1
   */
  public MaxPool2d(long kernel) {
    this(builder(kernel));
  }

  private MaxPool2d(Builder b) {
    Pool2d pool = new Pool2d(b.kernel, b.window, b.ceil);
    pool.check("max_pool2d");
    op = new org.hypergrad.engine.op.MaxPool2d(pool);
  }

  /** Begins a layer with options and a square window. */
  public static Builder builder(long kernel) {
    return builder(kernel, kernel);
  }

  /** Begins a layer with options. */
  public static Builder builder(long kernelHeight, long kernelWidth) {
    return new Builder(new Pair(kernelHeight, kernelWidth));
  }

  /** The options; padding is at most half of the kernel. */
  public static final class Builder extends WindowBuilder<Builder> {
    private boolean ceil;

    private Builder(Pair kernel) {
      super(kernel, kernel);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Distance of the window's taps in pixels, at least 1. */
    public Builder dilation(long both) {
      return dilation(both, both);
    }

    /** Distance of the window's taps in pixels, at least 1, by axis. */
    public Builder dilation(long height, long width) {
      dilate(height, width);
      return this;
    }

    /** Counts a last window that overhangs the image, unless it starts in the padding. */
    public Builder ceil() {
      ceil = true;
      return this;
    }

    /**
     * The layer.
     *
     * @throws org.hypergrad.engine.error.ArgumentException that names the number which is out of
     *     range
     */
    public MaxPool2d build() {
      return new MaxPool2d(this);
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    return op.apply(x);
  }

  @Override
  public String toString() {
    Pool2d pool = op.pool();
    return "MaxPool2d("
        + WindowBuilder.text(pool.kernel(), pool.window(), pool.kernel())
        + (pool.ceil() ? ", ceil)" : ")");
  }
}
