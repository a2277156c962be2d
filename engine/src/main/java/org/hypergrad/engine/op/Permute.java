package org.hypergrad.engine.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
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
    List<Integer> resolved = new ArrayList<>(order.length);
    for (int axis : order) {
      resolved.add(shape.axis("permute", axis));
    }
    return new Permute(resolved);
  }

  /** The order with two axes exchanged. */
  public static Permute exchange(Shape shape, int a, int b) {
    List<Integer> order = new ArrayList<>(shape.rank());
    for (int axis = 0; axis < shape.rank(); axis++) {
      order.add(axis);
    }
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
        isOrder(shape.rank()),
        "not an order of the axes",
        () -> order + " for " + shape,
        "each axis once");
    return Rules.one(
        in[0].withShape(Shape.generate(shape.rank(), i -> shape.extent(order.get(i)))));
  }

  /** Whether each of so many axes is there once; a set of them is a bit mask. */
  private boolean isOrder(int rank) {
    int seen = 0;
    for (int axis : order) {
      seen |= axis < 0 || axis >= rank ? 0 : 1 << axis;
    }
    return order.size() == rank && seen == (1 << rank) - 1;
  }

  @Override
  public Tensor view(Tensor x, Shape shape) {
    long[] strides = new long[order.size()];
    Arrays.setAll(strides, i -> x.stride(order.get(i)));
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
