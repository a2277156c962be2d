package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * Layer normalisation over the last axes (Ba et al., 2016): y = scale (x - mean) / sqrt(var +
 * epsilon) + shift with the biased variance. Inputs: x [outer..., inner...], scale and shift
 * [inner...]. Outputs: y, and the mean and 1 / sqrt(var + epsilon), [outer...] each.
 *
 * @param epsilon added to the variance
 */
public record LayerNorm(double epsilon) implements Differentiable {
  public Tensor apply(Tensor x, Tensor scale, Tensor shift) {
    return Dispatch.run(this, x, scale, shift)[0];
  }

  @Override
  public String name() {
    return "layer_norm";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    Shape x = in[0].shape();
    Shape inner = in[1].shape();
    int outer = x.rank() - inner.rank();
    Rules.shape(
        name(),
        inner.rank() > 0
            && outer >= 0
            && Shape.generate(inner.rank(), i -> x.extent(outer + i)).equals(inner)
            && in[2].shape().equals(inner),
        "scale and shift do not fit",
        "the last extents of x",
        in);
    Spec statistic = in[0].withShape(Shape.generate(outer, x::extent));
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
            new Gradient(), b.gradient(), b.input(0), b.input(1), b.output(1), b.output(2));
    for (int i = 0; i < gradients.length; i++) {
      Tensor gradient = gradients[i];
      b.give(i, () -> gradient);
    }
  }

  /** Inputs: dy, x, scale, mean and 1 / sqrt(var + epsilon). Outputs: dx, dscale, dshift. */
  public record Gradient() implements Op {
    @Override
    public String name() {
      return "layer_norm gradient";
    }

    @Override
    public Spec[] infer(Spec... in) {
      return new Spec[] {in[1], in[2], in[2]};
    }
  }
}
