package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * The largest element under each window of x [N, C, H, W]. NaN counts as largest; padding never
 * wins. Outputs: y [N, C, H', W'], and the winner's place h W + w as int32: the first in row-major
 * order among ties.
 *
 * @param pool geometry
 */
public record MaxPool2d(Pool2d pool) implements Differentiable {
  public Tensor apply(Tensor x) {
    return Dispatch.run(this, x)[0];
  }

  @Override
  public String name() {
    return "max_pool2d";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Spec y = pool.infer(name(), in[0]);
    return new Spec[] {y, y.withDType(DType.INT32)};
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.outputs(1);
  }

  @Override
  public void backward(Backward b) {
    Shape x = b.inputSpec(0).shape();
    b.give(
        0,
        () ->
            Dispatch.run(new Gradient(pool, x.extent(2), x.extent(3)), b.gradient(), b.output(1))[
                0]);
  }

  /**
   * Each dy added at its winner's place. Inputs: dy, and the places that the pooling gave, each
   * under its window or -1; output [N, C, H, W].
   *
   * @param pool geometry
   * @param height rows of x
   * @param width columns of x
   */
  public record Gradient(Pool2d pool, long height, long width) implements Op {
    @Override
    public String name() {
      return "max_pool2d gradient";
    }

    @Override
    public Spec[] infer(Spec... in) {
      return Rules.one(in[0].withShape(in[0].shape().with(2, height).with(3, width)));
    }
  }
}
