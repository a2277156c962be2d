package org.hypergrad.engine.op;

import org.hypergrad.engine.Axes;
import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * Cross-correlation, as deep learning calls convolution. Inputs: x [N, C, H, W], w [O, C / groups,
 * kh, kw], and optionally a bias [O]; output [N, O, H', W'] with
 *
 * <pre>
 * y[n, o, i, j] = b[o] + sum_{c, r, s} x[n, c, i s_h + r d_h - p_top, j s_w + s d_w - p_left] w[o, c, r, s]
 * </pre>
 *
 * where c runs over the channels of o's group.
 *
 * @param window stride, padding and dilation
 * @param groups groups of channels that see only themselves; divides C and O
 */
public record Conv2d(Window2d window, long groups) implements Differentiable {
  /** One group. */
  public static Conv2d of(Window2d window) {
    return new Conv2d(window, 1);
  }

  public Tensor apply(Tensor x, Tensor w) {
    return Dispatch.run(this, x, w)[0];
  }

  public Tensor apply(Tensor x, Tensor w, Tensor bias) {
    return Dispatch.run(this, x, w, bias)[0];
  }

  /**
   * Checks the numbers that do not depend on an image.
   *
   * @throws org.hypergrad.engine.error.ArgumentException that names the one that is out of range
   */
  public void check(long kernelHeight, long kernelWidth) {
    window.check(name(), kernelHeight, kernelWidth);
    Rules.argument(name(), groups > 0, "groups", groups, "groups >= 1");
  }

  @Override
  public String name() {
    return "conv2d";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    Rules.rank(name(), in[0], 4, "x [N, C, H, W]");
    Rules.rank(name(), in[1], 4, "w [O, C / groups, kh, kw]");
    Shape x = in[0].shape();
    Shape w = in[1].shape();
    check(w.extent(2), w.extent(3));
    Rules.shape(
        name(),
        x.extent(1) == w.extent(1) * groups && w.extent(0) % groups == 0,
        "channels do not fit",
        () -> "x[1] == w[1] * groups and w[0] divisible by groups = " + groups,
        in);
    if (in.length > 2) {
      Rules.shape(
          name(), in[2].shape().equals(Shape.of(w.extent(0))), "bias does not fit", "[O]", in);
    }
    long height = window.outHeight(x.extent(2), w.extent(2));
    long width = window.outWidth(x.extent(3), w.extent(3));
    Rules.shape(
        name(),
        height > 0 && width > 0,
        "kernel is larger than the padded image",
        () -> "dilation * (kernel - 1) + 1 <= extent + padding, with " + window,
        in);
    return Rules.one(in[0].withShape(Shape.of(x.extent(0), w.extent(0), height, width)));
  }

  @Override
  public long multiplications(Spec[] in, Spec[] out) {
    return multiplications(out[0], in[1]);
  }

  /** Of every pass: each element of y with each weight of its channel. */
  private static long multiplications(Spec y, Spec w) {
    return w.shape().count() == 0
        ? 0
        : y.shape().count() * (w.shape().count() / w.shape().extent(0));
  }

  @Override
  public Keep keep(int wanted) {
    return new Keep((wanted & 1) << 1 | (wanted & 2) >>> 1, 0);
  }

  @Override
  public void backward(Backward b) {
    Shape x = b.inputSpec(0).shape();
    Shape w = b.inputSpec(1).shape();
    b.give(
        0,
        () ->
            Dispatch.run(
                new InputGradient(this, x.extent(2), x.extent(3)), b.gradient(), b.input(1))[0]);
    b.give(
        1,
        () ->
            Dispatch.run(
                new WeightGradient(this, w.extent(2), w.extent(3)), b.input(0), b.gradient())[0]);
    if (b.inputs() > 2) {
      b.give(2, () -> channelSum(b.gradient()));
    }
  }

  /** Sums of an image [N, C, H, W] by channel: the gradient of a bias. */
  static Tensor channelSum(Tensor image) {
    return Dispatch.run(new Reduce(ReduceKind.SUM, new Axes(0b1101), false, 0), image)[0];
  }

  /**
   * The gradient by x. Inputs: dy [N, O, H', W'], w; output [N, C, H, W].
   *
   * @param forward the convolution
   * @param height rows of x
   * @param width columns of x
   */
  public record InputGradient(Conv2d forward, long height, long width) implements Op {
    @Override
    public String name() {
      return "conv2d input gradient";
    }

    @Override
    public Spec[] infer(Spec... in) {
      long channels = in[1].shape().extent(1) * forward.groups;
      return Rules.one(in[0].withShape(Shape.of(in[0].shape().extent(0), channels, height, width)));
    }

    @Override
    public long multiplications(Spec[] in, Spec[] out) {
      return Conv2d.multiplications(in[0], in[1]);
    }
  }

  /**
   * The gradient by w. Inputs: x, dy; output [O, C / groups, kh, kw].
   *
   * @param forward the convolution
   * @param height rows of the kernel
   * @param width columns of the kernel
   */
  public record WeightGradient(Conv2d forward, long height, long width) implements Op {
    @Override
    public String name() {
      return "conv2d weight gradient";
    }

    @Override
    public Spec[] infer(Spec... in) {
      long channels = in[0].shape().extent(1) / forward.groups;
      return Rules.one(in[0].withShape(Shape.of(in[1].shape().extent(1), channels, height, width)));
    }

    @Override
    public long multiplications(Spec[] in, Spec[] out) {
      return Conv2d.multiplications(in[1], out[0]);
    }
  }
}
