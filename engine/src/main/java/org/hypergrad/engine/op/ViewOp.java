package org.hypergrad.engine.op;

import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;

/** An op that moves no element: its output sees the input's memory in another way. */
public sealed interface ViewOp extends Differentiable permits Expand, Permute, Reshape, Slice {
  /** {@code x} in the shape that {@link #infer} gives for it. */
  Tensor view(Tensor x, Shape shape);

  @Override
  default Keep keep(int wanted) {
    return Keep.NOTHING;
  }
}
