package org.hypergrad.engine.op;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;

/**
 * The index of the largest or smallest element along an axis, int32: the first of ties, and the
 * first NaN if there is one.
 *
 * @param largest whether the largest is meant
 * @param axis in [0, rank)
 * @param keepAxis whether the axis stays, with extent 1
 */
public record ArgReduce(boolean largest, int axis, boolean keepAxis) implements Op {
  @Override
  public String name() {
    return largest ? "argmax" : "argmin";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Shape shape = in[0].shape();
    Rules.shape(
        name(),
        shape.extent(axis) > 0,
        "nothing to choose from",
        () -> "extent > 0 on axis " + axis,
        in);
    return Rules.one(new Spec(DType.INT32, keepAxis ? shape.with(axis, 1) : shape.without(axis)));
  }
}
