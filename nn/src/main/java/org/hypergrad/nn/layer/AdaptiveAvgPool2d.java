package org.hypergrad.nn.layer;

import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Module;

/**
 * Means of x [N, C, H, W] over a grid of cells, whatever the image's extents; y [N, C, height,
 * width].
 */
public final class AdaptiveAvgPool2d extends Module {
  private final org.hypergrad.engine.op.AdaptiveAvgPool2d op;

  /**
   * A grid of this many rows and columns.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if a number is below 1
   */
  public AdaptiveAvgPool2d(long height, long width) {
    Checks.extent("adaptive_avg_pool2d", "height", height);
    Checks.extent("adaptive_avg_pool2d", "width", width);
    op = new org.hypergrad.engine.op.AdaptiveAvgPool2d(height, width);
  }

  /** The mean of each channel: y [N, C, 1, 1]. */
  public static AdaptiveAvgPool2d global() {
    return new AdaptiveAvgPool2d(1, 1);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return op.apply(x);
  }

  @Override
  public String toString() {
    return "AdaptiveAvgPool2d(" + op.height() + ", " + op.width() + ")";
  }
}
