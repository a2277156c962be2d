package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;

/**
 * A point-wise function of two tensors under broadcasting: z = f(x, y).
 *
 * @param kind the function, with its value and derivatives
 */
public record Binary(BinaryKind kind) implements Differentiable {
  @Override
  public String name() {
    return kind.names().op();
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    return Rules.one(in[0].withShape(Shape.broadcast(name(), in[0].shape(), in[1].shape())));
  }

  @Override
  public Keep keep(int wanted) {
    return kind.keeps() == Keeps.NOTHING ? Keep.NOTHING : Keep.inputs(0, 1);
  }

  @Override
  public void backward(Backward b) {
    if (kind.keeps() == Keeps.NOTHING) {
      b.give(0, b::gradient);
      b.give(1, () -> kind == BinaryKind.SUB ? b.gradient().neg() : b.gradient());
      return;
    }
    for (int side = 0; side < 2; side++) {
      Gradient gradient = new Gradient(kind, side == 1);
      b.give(side, () -> Dispatch.run(gradient, b.gradient(), b.input(0), b.input(1))[0]);
    }
  }

  /**
   * dz df/dx or dz df/dy. Inputs: dz, x, y; the output has the shape of dz.
   *
   * @param kind the function
   * @param second whether to differentiate by y
   */
  public record Gradient(BinaryKind kind, boolean second) implements Op {
    @Override
    public String name() {
      return kind.names().gradient();
    }

    @Override
    public Spec[] infer(Spec... in) {
      return Rules.one(in[0]);
    }
  }
}
