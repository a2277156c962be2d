package org.hypergrad.engine.op;

import java.util.List;
import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * A constant around a tensor.
 *
 * @param before elements added before, by axis
 * @param after elements added after, by axis
 * @param value the constant
 */
public record Pad(List<Long> before, List<Long> after, double value) implements Differentiable {
  public Pad {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  @Override
  public String name() {
    return "pad";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Shape shape = in[0].shape();
    Rules.argument(
        name(),
        before.size() == shape.rank()
            && after.size() == shape.rank()
            && before.stream().allMatch(n -> n >= 0)
            && after.stream().allMatch(n -> n >= 0),
        "counts do not fit",
        before + " before and " + after + " after " + shape,
        "one count >= 0 per axis");
    return Rules.one(
        in[0].withShape(
            Shape.generate(shape.rank(), i -> before.get(i) + shape.extent(i) + after.get(i))));
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.NOTHING;
  }

  @Override
  public void backward(Backward b) {
    b.give(
        0,
        () -> {
          Tensor inner = b.gradient();
          for (int i = 0; i < before.size(); i++) {
            long start = before.get(i);
            inner = inner.slice(i, start, start + b.inputSpec(0).shape().extent(i));
          }
          return inner;
        });
  }
}
