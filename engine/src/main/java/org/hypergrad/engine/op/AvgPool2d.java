package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * The mean under each window of x [N, C, H, W]. With padding counted, the divisor is the number of
 * taps inside the padded image; without, inside the image. A window's overhang in ceil mode never
 * counts (PyTorch's rule).
 *
 * @param pool geometry; dilation 1
 * @param countPadding whether zeros of the padding count
 */
public record AvgPool2d(Pool2d pool, boolean countPadding) implements Differentiable {
  public Tensor apply(Tensor x) {
    return Dispatch.run(this, x)[0];
  }

  @Override
  public String name() {
    return "avg_pool2d";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.argument(
        name(),
        pool.window().dilation().equals(Window2d.Pair.ONE),
        "dilation",
        pool.window().dilation(),
        "dilation 1");
    return Rules.one(pool.infer(name(), in[0]));
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.NOTHING;
  }

  @Override
  public void backward(Backward b) {
    Shape x = b.inputSpec(0).shape();
    b.give(0, () -> Dispatch.run(new Gradient(this, x.extent(2), x.extent(3)), b.gradient())[0]);
  }

  /**
   * Each dy, over its divisor, added to all places of its window. Input: dy; output [N, C, H, W].
   *
   * @param forward the pooling
   * @param height rows of x
   * @param width columns of x
   */
  public record Gradient(AvgPool2d forward, long height, long width) implements Op {
    @Override
    public String name() {
      return "avg_pool2d gradient";
    }

    @Override
    public Spec[] infer(Spec... in) {
      return Rules.one(in[0].withShape(in[0].shape().with(2, height).with(3, width)));
    }
  }
}
