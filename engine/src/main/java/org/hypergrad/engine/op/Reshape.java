package org.hypergrad.engine.op;

import java.util.Arrays;
import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * The same elements in row-major order under another shape.
 *
 * @param shape the new shape, of the same number of elements
 */
public record Reshape(Shape shape) implements ViewOp {
  /** The shape with its one extent of -1, if there is one, computed from the others. */
  public static Shape resolve(Shape from, long... extents) {
    long[] resolved = extents.clone();
    int open = -1;
    long known = 1;
    for (int i = 0; i < extents.length; i++) {
      if (extents[i] == -1) {
        Rules.argument("reshape", open < 0, "two open extents", Arrays.toString(extents), "one -1");
        open = i;
      } else {
        known *= extents[i];
      }
    }
    if (open >= 0) {
      Rules.argument(
          "reshape",
          known != 0 && from.count() % known == 0,
          "open extent cannot be computed",
          from + " to " + Arrays.toString(extents),
          "a divisor of " + from.count());
      resolved[open] = from.count() / known;
    }
    return Shape.of(resolved);
  }

  @Override
  public String name() {
    return "reshape";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.shape(
        name(),
        in[0].shape().count() == shape.count(),
        "element counts differ",
        () -> shape + ", which has " + shape.count() + " elements",
        in);
    return Rules.one(in[0].withShape(shape));
  }

  /** Whether strides exist that show {@code x} in the new shape without a copy. */
  public boolean isView(Tensor x) {
    return x.count() == 0 || shape.count() != x.count() || strides(x) != null;
  }

  /**
   * Matches groups of old and new axes with the same number of elements, from the outside inwards;
   * a group can be split anew if the old axes in it lie one within another without gaps.
   */
  private long[] strides(Tensor x) {
    if (x.isContiguous()) {
      return shape.contiguousStrides();
    }
    long[] result = new long[shape.rank()];
    int next = 0;
    int axis = 0;
    while (axis < x.rank()) {
      if (x.extent(axis) == 1) {
        axis++;
        continue;
      }
      int last = axis;
      long old = x.extent(axis);
      int end = next;
      long now = 1;
      while (now != old || now == 1) {
        if (now < old) {
          now *= shape.extent(end++);
        } else {
          last++;
          if (x.stride(last - 1) != x.extent(last) * x.stride(last)) {
            return null;
          }
          old *= x.extent(last);
        }
      }
      long stride = x.stride(last);
      for (int i = end - 1; i >= next; i--) {
        result[i] = stride;
        stride *= shape.extent(i);
      }
      next = end;
      axis = last + 1;
    }
    for (int i = next; i < shape.rank(); i++) {
      result[i] = 1;
    }
    return result;
  }

  @Override
  public Tensor view(Tensor x, Shape shape) {
    Rules.shape(name(), isView(x), "strides do not allow a view", "contiguous()", x.spec());
    return x.view(
        name(), shape, x.count() == 0 ? shape.contiguousStrides() : strides(x), x.offset());
  }

  @Override
  public void backward(Backward b) {
    b.give(0, () -> b.gradient().reshape(b.inputSpec(0).shape().toArray()));
  }
}
