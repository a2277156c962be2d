package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * Tensors one after another along an axis; the other extents are equal.
 *
 * @param axis in [0, rank)
 */
public record Concat(int axis) implements Differentiable {
  public Tensor apply(Tensor... parts) {
    return Dispatch.run(this, parts)[0];
  }

  @Override
  public String name() {
    return "concat";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.argument(name(), in.length > 0, "nothing to join", "0 tensors", "at least one");
    Rules.sameDType(name(), in);
    int resolved = in[0].shape().axis(name(), axis);
    long extent = 0;
    for (Spec spec : in) {
      Shape shape = spec.shape();
      Rules.shape(
          name(),
          shape.rank() == in[0].shape().rank()
              && shape.with(resolved, 0).equals(in[0].shape().with(resolved, 0)),
          "shapes differ beside the axis",
          () -> "equal extents but on axis " + resolved,
          in);
      extent += shape.extent(resolved);
    }
    return Rules.one(in[0].withShape(in[0].shape().with(resolved, extent)));
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.NOTHING;
  }

  @Override
  public void backward(Backward b) {
    long start = 0;
    for (int i = 0; i < b.inputs(); i++) {
      long from = start;
      long to = start + b.inputSpec(i).shape().extent(axis);
      b.give(i, () -> b.gradient().slice(axis, from, to));
      start = to;
    }
  }
}
