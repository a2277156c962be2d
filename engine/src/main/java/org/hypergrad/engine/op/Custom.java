package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Spec;

/**
 * The place of {@link CustomOp}s among the sealed ops.
 *
 * @param op what to run
 */
public record Custom(CustomOp op) implements Differentiable {
  @Override
  public String name() {
    return op.name();
  }

  @Override
  public Spec[] infer(Spec... in) {
    return op.infer(in);
  }

  @Override
  public Keep keep(int wanted) {
    return op.keep(wanted);
  }

  @Override
  public void backward(Backward b) {
    op.backward(b);
  }
}
