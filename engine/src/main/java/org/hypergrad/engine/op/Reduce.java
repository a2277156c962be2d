package org.hypergrad.engine.op;

import org.hypergrad.engine.Axes;
import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * The elements along some axes reduced to one.
 *
 * @param kind the function
 * @param axes the axes that are reduced
 * @param keepAxes whether they stay, with extent 1
 * @param correction for the variance: n - correction is the divisor (1: unbiased); else 0
 */
public record Reduce(ReduceKind kind, Axes axes, boolean keepAxes, double correction)
    implements Differentiable {
  @Override
  public String name() {
    return kind.names().op();
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    Rules.shape(
        name(),
        (kind != ReduceKind.MAX && kind != ReduceKind.MIN) || axes.count(in[0].shape()) > 0,
        "nothing to choose from",
        () -> "at least one element along the axes " + axes,
        in);
    return Rules.one(in[0].withShape(axes.reduce(in[0].shape(), keepAxes)));
  }

  @Override
  public Keep keep(int wanted) {
    return switch (kind) {
      case SUM, MEAN -> Keep.NOTHING;
      case VARIANCE -> Keep.inputs(0);
      case MAX, MIN, LOG_SUM_EXP, NORM -> Keep.inputs(0).andOutputs(0);
    };
  }

  @Override
  public void backward(Backward b) {
    b.give(0, () -> gradient(b));
  }

  private Tensor gradient(Backward b) {
    Shape shape = b.inputSpec(0).shape();
    long[] kept = axes.reduce(shape, true).toArray();
    Tensor dy = b.gradient().reshape(kept);
    return switch (kind) {
      case SUM -> dy.broadcastTo(shape);
      case MEAN -> dy.div(axes.count(shape)).broadcastTo(shape);
      case VARIANCE -> {
        Tensor x = b.input(0);
        Tensor mean = Dispatch.run(new Reduce(ReduceKind.MEAN, axes, true, 0), x)[0];
        yield x.sub(mean).mul(dy.mul(2 / (axes.count(shape) - correction)));
      }
      case MAX, MIN, LOG_SUM_EXP, NORM ->
          Dispatch.run(new Gradient(kind, axes), dy, b.input(0), b.output(0).reshape(kept))[0];
    };
  }

  /**
   * The gradient of a kind that depends on x and y. Inputs: dy, x, y, where dy and y have extent 1
   * along the reduced axes.
   *
   * @param kind MAX, MIN, LOG_SUM_EXP or NORM
   * @param axes the axes that were reduced
   */
  public record Gradient(ReduceKind kind, Axes axes) implements Op {
    @Override
    public String name() {
      return kind.names().gradient();
    }

    @Override
    public Spec[] infer(Spec... in) {
      return Rules.one(in[1]);
    }
  }
}
