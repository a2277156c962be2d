package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * The transposed convolution: the linear map whose matrix is the transpose of {@link Conv2d}'s.
 * Inputs: x [N, C, H, W], w [C, O / groups, kh, kw], and optionally a bias [O]; output [N, O, H',
 * W'] with H' = (H - 1) s - p_top - p_bottom + d (kh - 1) + 1 + outputPadding.
 *
 * @param convolution the convolution that leads from the output's extents back to the input's
 * @param outputPadding rows and columns added at the bottom and on the right, which the kernel
 *     reaches; less than stride or dilation
 */
public record ConvTranspose2d(Conv2d convolution, Window2d.Pair outputPadding)
    implements Differentiable {
  /** No output padding. */
  public static ConvTranspose2d of(Window2d window) {
    return new ConvTranspose2d(Conv2d.of(window), new Window2d.Pair(0, 0));
  }

  public Tensor apply(Tensor x, Tensor w) {
    return Dispatch.run(this, x, w)[0];
  }

  public Tensor apply(Tensor x, Tensor w, Tensor bias) {
    return Dispatch.run(this, x, w, bias)[0];
  }

  @Override
  public String name() {
    return "conv_transpose2d";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    Rules.rank(name(), in[0], 4, "x [N, C, H, W]");
    Rules.rank(name(), in[1], 4, "w [C, O / groups, kh, kw]");
    Shape x = in[0].shape();
    Shape w = in[1].shape();
    Window2d window = convolution.window();
    check(w.extent(2), w.extent(3));
    Rules.shape(
        name(),
        x.extent(1) == w.extent(0) && w.extent(0) % convolution.groups() == 0,
        "channels do not fit",
        () -> "x[1] == w[0], divisible by groups = " + convolution.groups(),
        in);
    long out = w.extent(1) * convolution.groups();
    if (in.length > 2) {
      Rules.shape(name(), in[2].shape().equals(Shape.of(out)), "bias does not fit", "[O]", in);
    }
    long height =
        (x.extent(2) - 1) * window.stride().height()
            - window.padding().top()
            - window.padding().bottom()
            + window.dilation().height() * (w.extent(2) - 1)
            + 1
            + outputPadding.height();
    long width =
        (x.extent(3) - 1) * window.stride().width()
            - window.padding().left()
            - window.padding().right()
            + window.dilation().width() * (w.extent(3) - 1)
            + 1
            + outputPadding.width();
    Rules.shape(
        name(),
        height > 0 && width > 0,
        "result is empty",
        () -> "positive extents, " + window,
        in);
    return Rules.one(in[0].withShape(Shape.of(x.extent(0), out, height, width)));
  }

  /** Each element of x with each weight of its channel. */
  @Override
  public long multiplications(Spec[] in, Spec[] out) {
    Shape w = in[1].shape();
    return w.count() == 0 ? 0 : in[0].shape().count() * (w.count() / w.extent(0));
  }

  /**
   * Checks the numbers that do not depend on an image.
   *
   * @throws org.hypergrad.engine.error.ArgumentException that names the one that is out of range
   */
  public void check(long kernelHeight, long kernelWidth) {
    Window2d window = convolution.window();
    window.check(name(), kernelHeight, kernelWidth);
    Rules.argument(name(), convolution.groups() > 0, "groups", convolution.groups(), "groups >= 1");
    long height = outputPadding.height();
    long width = outputPadding.width();
    Rules.argument(
        name(),
        height >= 0
            && width >= 0
            && height < Math.max(window.stride().height(), window.dilation().height())
            && width < Math.max(window.stride().width(), window.dilation().width()),
        "output padding",
        outputPadding,
        "0 <= output padding < max(stride, dilation)");
  }

  @Override
  public Keep keep(int wanted) {
    return new Keep((wanted & 1) << 1 | (wanted & 2) >>> 1, 0);
  }

  @Override
  public void backward(Backward b) {
    Shape w = b.inputSpec(1).shape();
    b.give(0, () -> convolution.apply(b.gradient(), b.input(1)));
    b.give(
        1,
        () ->
            Dispatch.run(
                new Conv2d.WeightGradient(convolution, w.extent(2), w.extent(3)),
                b.gradient(),
                b.input(0))[0]);
    if (b.inputs() > 2) {
      b.give(2, () -> Conv2d.channelSum(b.gradient()));
    }
  }
}
