package org.hypergrad.engine.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * The axes in another order.
 *
 * @param order axis i of the result is axis order[i] of the input
 */
public record Permute(List<Integer> order) implements ViewOp {
  public Permute {
    order = List.copyOf(order);
  }

  /** The given order, negative axes resolved. */
  public static Permute of(Shape shape, int... order) {
    return new Permute(Arrays.stream(order).mapToObj(a -> shape.axis("permute", a)).toList());
  }

  /** The order with two axes exchanged. */
  public static Permute exchange(Shape shape, int a, int b) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, shape.rank()).boxed().toList());
    Collections.swap(order, shape.axis("transpose", a), shape.axis("transpose", b));
    return new Permute(order);
  }

  @Override
  public String name() {
    return "permute";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Shape shape = in[0].shape();
    Rules.argument(
        name(),
        order.stream().sorted().toList().equals(IntStream.range(0, shape.rank()).boxed().toList()),
        "not an order of the axes",
        order + " for " + shape,
        "each axis once");
    return Rules.one(
        in[0].withShape(Shape.generate(shape.rank(), i -> shape.extent(order.get(i)))));
  }

  @Override
  public Tensor view(Tensor x) {
    Shape shape = infer(x.spec())[0].shape();
    long[] strides = order.stream().mapToLong(x::stride).toArray();
    return x.view(name(), shape, strides, x.offset());
  }

  @Override
  public void backward(Backward b) {
    int[] inverse = new int[order.size()];
    for (int i = 0; i < inverse.length; i++) {
      inverse[order.get(i)] = i;
    }
    b.give(0, () -> b.gradient().permute(inverse));
  }
}
