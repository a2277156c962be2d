package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * Repetition along axes of extent 1, or new leading ones, by a stride of 0.
 *
 * @param shape the larger shape
 */
public record Expand(Shape shape) implements ViewOp {
  /** The expansion, checked against the rule of broadcasting. */
  public static Expand of(Shape from, Shape to) {
    Rules.shape(
        "broadcast",
        Shape.broadcast("broadcast", from, to).equals(to),
        "shape does not broadcast to the target",
        () -> "each extent equal to the target's, or 1: " + from + " to " + to);
    return new Expand(to);
  }

  @Override
  public String name() {
    return "expand";
  }

  @Override
  public Spec[] infer(Spec... in) {
    return Rules.one(in[0].withShape(shape));
  }

  @Override
  public Tensor view(Tensor x, Shape shape) {
    long[] strides = new long[shape.rank()];
    int added = shape.rank() - x.rank();
    for (int i = 0; i < x.rank(); i++) {
      strides[added + i] = x.extent(i) == shape.extent(added + i) ? x.stride(i) : 0;
    }
    return x.view(name(), shape, strides, x.offset());
  }

  @Override
  public void backward(Backward b) {
    b.give(0, b::gradient);
  }
}
