package org.hypergrad.nn.layer;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Window2d.Pair;
import org.hypergrad.nn.Module;

/**
 * The mean under each window of x [N, C, H, W]. The window moves by its own size unless told
 * otherwise; extents are those of {@link Conv2d}. Zeros of the padding count, unless excluded.
 */
public final class AvgPool2d extends Module {
  private final org.hypergrad.engine.op.AvgPool2d op;

  /**
   * A square window that moves by its own size.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if it is below 1
   */
  public AvgPool2d(long kernel) {
    this(builder(kernel));
  }

  private AvgPool2d(Builder b) {
    Pool2d pool = new Pool2d(b.kernel, b.window, b.ceil);
    pool.check("avg_pool2d");
    op = new org.hypergrad.engine.op.AvgPool2d(pool, b.countPadding);
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
    private boolean countPadding = true;

    private Builder(Pair kernel) {
      super(kernel, kernel);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Counts a last window that overhangs the image, unless it starts in the padding. */
    public Builder ceil() {
      ceil = true;
      return this;
    }

    /** Divides by the number of elements that lie inside the image. */
    public Builder excludePadding() {
      countPadding = false;
      return this;
    }

    /**
     * The layer.
     *
     * @throws org.hypergrad.engine.error.ArgumentException that names the number which is out of
     *     range
     */
    public AvgPool2d build() {
      return new AvgPool2d(this);
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    return op.apply(x);
  }

  @Override
  public String toString() {
    Pool2d pool = op.pool();
    return "AvgPool2d("
        + WindowBuilder.text(pool.kernel(), pool.window(), pool.kernel())
        + (pool.ceil() ? ", ceil" : "")
        + (op.countPadding() ? ")" : ", padding excluded)");
  }
}
