package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Spec;

/**
 * The same values in another element type. Floating to integer cuts fractions off, as a Java cast;
 * gradients pass between floating types only.
 *
 * @param dtype the type of the result
 */
public record Cast(DType dtype) implements Differentiable {
  @Override
  public String name() {
    return "cast";
  }

  @Override
  public Spec[] infer(Spec... in) {
    return Rules.one(in[0].withDType(dtype));
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.NOTHING;
  }

  @Override
  public void backward(Backward b) {
    b.give(0, () -> b.gradient().to(b.inputSpec(0).dtype()));
  }
}
