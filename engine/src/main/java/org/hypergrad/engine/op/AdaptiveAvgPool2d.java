package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * Means of x [N, C, H, W] over a grid of cells, whatever the image's extents: cell i of n spans the
 * rows from floor(i H / n) to ceil((i + 1) H / n), and columns alike. A grid of 1 x 1 is global
 * average pooling.
 *
 * @param height rows of the grid
 * @param width columns of the grid
 */
public record AdaptiveAvgPool2d(long height, long width) implements Differentiable {
  public Tensor apply(Tensor x) {
    return Dispatch.run(this, x)[0];
  }

  @Override
  public String name() {
    return "adaptive_avg_pool2d";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    Rules.rank(name(), in[0], 4, "x [N, C, H, W]");
    Rules.argument(name(), height > 0 && width > 0, "grid", this, "extents >= 1");
    Shape x = in[0].shape();
    Rules.shape(name(), x.extent(2) > 0 && x.extent(3) > 0, "empty image", "H, W >= 1", in);
    return Rules.one(in[0].withShape(x.with(2, height).with(3, width)));
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.NOTHING;
  }

  @Override
  public void backward(Backward b) {
    Shape x = b.inputSpec(0).shape();
    b.give(0, () -> Dispatch.run(new Gradient(x.extent(2), x.extent(3)), b.gradient())[0]);
  }

  /**
   * Each dy, over the size of its cell, added to all places of the cell. Input: dy.
   *
   * @param height rows of x
   * @param width columns of x
   */
  public record Gradient(long height, long width) implements Op {
    @Override
    public String name() {
      return "adaptive_avg_pool2d gradient";
    }

    @Override
    public Spec[] infer(Spec... in) {
      return Rules.one(in[0].withShape(in[0].shape().with(2, height).with(3, width)));
    }
  }
}
