package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * x where the condition is not 0, else y, under broadcasting. Inputs: condition (uint8), x, y. The
 * gradient is 0 where the other side was taken, even if it is NaN there.
 */
public record Where() implements Differentiable {
  @Override
  public String name() {
    return "where";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.dtype(name(), in[0], DType.UINT8);
    Rules.sameDType(name(), in[1], in[2]);
    Shape sides = Shape.broadcast(name(), in[1].shape(), in[2].shape());
    return Rules.one(in[1].withShape(Shape.broadcast(name(), in[0].shape(), sides)));
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.inputs(0);
  }

  @Override
  public void backward(Backward b) {
    Tensor zero = Tensor.full(0, b.gradient().dtype());
    b.give(1, () -> Dispatch.run(this, b.input(0), b.gradient(), zero)[0]);
    b.give(2, () -> Dispatch.run(this, b.input(0), zero, b.gradient())[0]);
  }
}
