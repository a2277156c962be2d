package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;

/**
 * Matrix products: y = a b, or y = a b + c, for a [..., m, k], b [..., k, n], y [..., m, n]. The
 * leading axes broadcast; c, if there is one, broadcasts to y. Transposed operands are views, which
 * the backends multiply without copying.
 */
public record MatMul() implements Differentiable {
  @Override
  public String name() {
    return "matmul";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    Shape a = in[0].shape();
    Shape b = in[1].shape();
    Rules.shape(
        name(), a.rank() >= 2 && b.rank() >= 2, "not matrices", "rank >= 2 on both sides", in);
    Rules.shape(name(), a.extent(-1) == b.extent(-2), "inner extents differ", "a[-1] == b[-2]", in);
    Shape batch = Shape.broadcast(name(), batch(a), batch(b));
    int rank = batch.rank();
    Shape y =
        Shape.generate(
            rank + 2, i -> i < rank ? batch.extent(i) : i == rank ? a.extent(-2) : b.extent(-1));
    if (in.length > 2) {
      Rules.shape(
          name(),
          Shape.broadcast(name(), in[2].shape(), y).equals(y),
          "addend does not fit",
          () -> "one that broadcasts to " + y,
          in);
    }
    return Rules.one(in[0].withShape(y));
  }

  private static Shape batch(Shape shape) {
    return Shape.generate(shape.rank() - 2, shape::extent);
  }

  @Override
  public long multiplications(Spec[] in, Spec[] out) {
    return out[0].shape().count() * in[0].shape().extent(-1);
  }

  @Override
  public Keep keep(int wanted) {
    return new Keep((wanted & 1) << 1 | (wanted & 2) >>> 1, 0);
  }

  @Override
  public void backward(Backward b) {
    b.give(0, () -> b.gradient().matmul(b.input(1).transpose()));
    b.give(1, () -> b.input(0).transpose().matmul(b.gradient()));
    if (b.inputs() > 2) {
      b.give(2, b::gradient);
    }
  }
}
