package org.hypergrad.engine.op;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;

/**
 * 1 at each label's place along a new last axis, 0 elsewhere. Input: labels (int32), each in [0,
 * classes), any shape [d...]; output [d..., classes].
 *
 * @param classes extent of the new axis
 * @param dtype type of the result
 */
public record OneHot(long classes, DType dtype) implements Op {
  @Override
  public String name() {
    return "one_hot";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.dtype(name(), in[0], DType.INT32);
    Shape shape = in[0].shape();
    return Rules.one(new Spec(dtype, shape.insert(shape.rank(), classes)));
  }
}
