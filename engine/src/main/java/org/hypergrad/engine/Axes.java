package org.hypergrad.engine;

import java.util.StringJoiner;
import org.hypergrad.engine.error.ShapeException;

/**
 * A set of axes, as a value: bit i stands for axis i.
 *
 * @param mask one bit per axis
 */
public record Axes(int mask) {
  /**
   * The given axes of a shape, or all of its axes if none is given.
   *
   * @param op the operation to name in errors
   * @param axes in [-rank, rank), no axis twice
   * @throws ShapeException if an axis does not exist or is given twice
   */
  public static Axes of(String op, Shape shape, int... axes) {
    if (axes.length == 0) {
      return new Axes((1 << shape.rank()) - 1);
    }
    int mask = 0;
    for (int axis : axes) {
      int bit = 1 << shape.axis(op, axis);
      if ((mask & bit) != 0) {
        throw new ShapeException(
            op, "axis given twice", "axis " + axis + " of " + shape, "distinct axes", "");
      }
      mask |= bit;
    }
    return new Axes(mask);
  }

  public boolean contains(int axis) {
    return (mask >>> axis & 1) != 0;
  }

  /** Number of elements of {@code shape} that these axes span: the product of their extents. */
  public long count(Shape shape) {
    long count = 1;
    for (int i = 0; i < shape.rank(); i++) {
      if (contains(i)) {
        count *= shape.extent(i);
      }
    }
    return count;
  }

  /** The shape with these axes reduced: extent 1 if they are kept, gone otherwise. */
  public Shape reduce(Shape shape, boolean keep) {
    if (keep) {
      return Shape.generate(shape.rank(), i -> contains(i) ? 1 : shape.extent(i));
    }
    long[] rest = new long[shape.rank() - Integer.bitCount(mask)];
    int n = 0;
    for (int i = 0; i < shape.rank(); i++) {
      if (!contains(i)) {
        rest[n++] = shape.extent(i);
      }
    }
    return Shape.of(rest);
  }

  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ", "{", "}");
    for (int i = 0; i < Shape.MAX_RANK; i++) {
      if (contains(i)) {
        text.add(Integer.toString(i));
      }
    }
    return text.toString();
  }
}
