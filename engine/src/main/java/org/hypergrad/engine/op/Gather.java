package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;

/**
 * Elements picked along an axis: y[i..., k, j...] = x[i..., index[i..., k, j...], j...]. Inputs: x,
 * and an index (int32) of the same rank, equal in the other extents. An index out of range throws.
 *
 * @param axis in [0, rank)
 */
public record Gather(int axis) implements Differentiable {
  @Override
  public String name() {
    return "gather";
  }

  @Override
  public Spec[] infer(Spec... in) {
    checkIndex(name(), in[0], in[1], axis);
    return Rules.one(in[0].withShape(in[1].shape()));
  }

  private static void checkIndex(String op, Spec x, Spec index, int axis) {
    Rules.dtype(op, index, DType.INT32);
    int resolved = x.shape().axis(op, axis);
    Rules.shape(
        op,
        index.shape().rank() == x.shape().rank()
            && index.shape().with(resolved, 0).equals(x.shape().with(resolved, 0)),
        "index does not fit",
        () -> "the same extents but on axis " + resolved,
        x,
        index);
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.inputs(1);
  }

  @Override
  public void backward(Backward b) {
    ScatterAdd scatter = new ScatterAdd(axis, b.inputSpec(0).shape().extent(axis));
    b.give(0, () -> Dispatch.run(scatter, b.gradient(), b.input(1))[0]);
  }

  /**
   * Zeros, and each element of x added at its index along an axis, in row-major order. Inputs: x,
   * and an index (int32) of the same shape.
   *
   * @param axis in [0, rank)
   * @param extent of the result on that axis
   */
  public record ScatterAdd(int axis, long extent) implements Op {
    @Override
    public String name() {
      return "scatter_add";
    }

    @Override
    public Spec[] infer(Spec... in) {
      Shape shape = in[0].shape();
      checkIndex(name(), in[0], in[1], axis);
      Rules.shape(name(), in[1].shape().equals(shape), "index does not fit", "x's shape", in);
      return Rules.one(in[0].withShape(shape.with(axis, extent)));
    }
  }
}
