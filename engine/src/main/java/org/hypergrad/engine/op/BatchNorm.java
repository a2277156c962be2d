package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ShapeException;

/**
 * Batch normalisation of x [N, C, d...] by channel (Ioffe and Szegedy, 2015): y = scale (x - mean)
 * / sqrt(var + epsilon) + shift. Inputs: x, and scale, shift, running mean and running variance,
 * [C] each. Outputs: y, and the mean and 1 / sqrt(var + epsilon) that were used.
 *
 * <p>In training the statistics are the batch's, with the biased variance, and the running ones
 * change in place: r = (1 - momentum) r + momentum s, where the variance s is the unbiased one. In
 * evaluation the running ones are used.
 *
 * @param epsilon added to the variance
 * @param momentum weight of the new batch in the running statistics
 * @param training whether to use and gather the batch's statistics
 */
public record BatchNorm(double epsilon, double momentum, boolean training)
    implements Differentiable {
  public Tensor apply(
      Tensor x, Tensor scale, Tensor shift, Tensor runningMean, Tensor runningVariance) {
    return Dispatch.run(this, x, scale, shift, runningMean, runningVariance)[0];
  }

  @Override
  public String name() {
    return "batch_norm";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    Shape x = in[0].shape();
    Rules.shape(name(), x.rank() >= 2, "no channels", "x [N, C, d...]", in);
    Shape channels = Shape.of(x.extent(1));
    for (int i = 1; i < in.length; i++) {
      Rules.shape(name(), in[i].shape().equals(channels), "not one per channel", "[C]", in);
    }
    if (training && x.extent(1) > 0 && x.count() / x.extent(1) <= 1) {
      throw new ShapeException(
          name(),
          "one value per channel has no variance",
          in[0].toString(),
          "more than one value per channel in training",
          "drop a last batch of one (dropLast), or evaluate");
    }
    Spec statistic = in[1];
    return new Spec[] {in[0], statistic, statistic};
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.inputs(0, 1).andOutputs(1, 2);
  }

  @Override
  public void backward(Backward b) {
    Tensor[] gradients =
        Dispatch.run(
            new Gradient(training), b.gradient(), b.input(0), b.input(1), b.output(1), b.output(2));
    for (int i = 0; i < gradients.length; i++) {
      Tensor gradient = gradients[i];
      b.give(i, () -> gradient);
    }
  }

  /**
   * Inputs: dy, x, scale, mean and 1 / sqrt(var + epsilon). Outputs: dx, dscale, dshift.
   *
   * @param training whether mean and variance depended on x
   */
  public record Gradient(boolean training) implements Op {
    @Override
    public String name() {
      return "batch_norm gradient";
    }

    @Override
    public Spec[] infer(Spec... in) {
      return new Spec[] {in[1], in[2], in[2]};
    }
  }
}
