package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Spec;

/**
 * exp(x_i - max) / sum_j exp(x_j - max) along an axis, or its logarithm, computed as x_i - max -
 * log sum_j exp(x_j - max). An infinite maximum gives NaN, as in PyTorch.
 *
 * @param axis in [0, rank)
 * @param log whether the logarithm is meant
 */
public record Softmax(int axis, boolean log) implements Differentiable {
  @Override
  public String name() {
    return log ? "log_softmax" : "softmax";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    in[0].shape().axis(name(), axis);
    return Rules.one(in[0]);
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.outputs(0);
  }

  @Override
  public void backward(Backward b) {
    b.give(0, () -> Dispatch.run(new Gradient(axis, log), b.gradient(), b.output(0))[0]);
  }

  /**
   * dx = y (dy - sum(dy y)), or of the logarithm dx = dy - exp(y) sum(dy). Inputs: dy, y.
   *
   * @param axis in [0, rank)
   * @param log whether y is a logarithm
   */
  public record Gradient(int axis, boolean log) implements Op {
    @Override
    public String name() {
      return log ? "log_softmax gradient" : "softmax gradient";
    }

    @Override
    public Spec[] infer(Spec... in) {
      return Rules.one(in[0]);
    }
  }
}
