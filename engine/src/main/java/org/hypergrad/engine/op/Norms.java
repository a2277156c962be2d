package org.hypergrad.engine.op;

import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * The Euclidean norms of any number of tensors, of any shapes and one floating type: n inputs, one
 * output [n]. One op instead of n with as many results, for those who look at all gradients of a
 * step. It has no gradient; {@link ReduceKind#NORM} has.
 */
public record Norms() implements Op {
  /** The norms of some tensors, at least one. */
  public static Tensor of(Tensor... in) {
    return Dispatch.run(new Norms(), in)[0];
  }

  @Override
  public String name() {
    return "norms";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.argument(name(), in.length > 0, "nothing to measure", "0 tensors", "at least one");
    Rules.floating(name(), in);
    return Rules.one(in[0].withShape(Shape.of(in.length)));
  }
}
