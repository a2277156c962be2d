package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;

/**
 * The k largest elements along an axis, largest first, NaN above all, the lower index first among
 * ties. Outputs: values, and their indices as int32.
 *
 * @param k how many
 * @param axis in [0, rank)
 */
public record TopK(long k, int axis) implements Differentiable {
  @Override
  public String name() {
    return "topk";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    Shape shape = in[0].shape();
    long extent = shape.extent(axis);
    Rules.argument(
        name(), k >= 0 && k <= extent, "k", () -> k + " of " + extent, "0 <= k <= extent");
    Spec values = in[0].withShape(shape.with(axis, k));
    return new Spec[] {values, values.withDType(DType.INT32)};
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.outputs(1);
  }

  @Override
  public void backward(Backward b) {
    Gather.ScatterAdd scatter = new Gather.ScatterAdd(axis, b.inputSpec(0).shape().extent(axis));
    b.give(0, () -> Dispatch.run(scatter, b.gradient(), b.output(1))[0]);
  }
}
