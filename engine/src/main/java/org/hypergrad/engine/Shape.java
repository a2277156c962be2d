package org.hypergrad.engine;

import java.util.Arrays;
import java.util.function.IntToLongFunction;
import org.hypergrad.engine.error.ShapeException;

/**
 * The extents of a tensor, outermost first. Immutable; a scalar has rank 0 and one element, a shape
 * with a zero extent has none. Sizes are longs; an element count beyond 2^63 - 1 is refused here,
 * before anything is allocated.
 */
public final class Shape {
  /** The shape of a scalar. */
  public static final Shape SCALAR = new Shape(new long[0]);

  /** The largest rank; axis sets are bit masks and native libraries take no more. */
  public static final int MAX_RANK = 8;

  private final long[] extents;
  private final long count;

  private Shape(long[] extents) {
    this.extents = extents;
    this.count = count(extents);
  }

  /**
   * A shape of these extents.
   *
   * @throws ShapeException on a negative extent, a rank above {@link #MAX_RANK}, or an element
   *     count that overflows a long
   */
  public static Shape of(long... extents) {
    if (extents.length == 0) {
      return SCALAR;
    }
    if (extents.length > MAX_RANK) {
      throw new ShapeException(
          "shape", "rank too large", Arrays.toString(extents), "rank <= " + MAX_RANK, "");
    }
    return new Shape(extents.clone());
  }

  /** A shape of the given rank whose extent on each axis is computed. */
  public static Shape generate(int rank, IntToLongFunction extent) {
    long[] extents = new long[rank];
    Arrays.setAll(extents, extent);
    return of(extents);
  }

  private static long count(long[] extents) {
    boolean empty = false;
    for (long extent : extents) {
      if (extent < 0) {
        throw new ShapeException(
            "shape", "negative extent", Arrays.toString(extents), "every extent >= 0", "");
      }
      empty |= extent == 0;
    }
    if (empty) {
      return 0;
    }
    long count = 1;
    try {
      for (long extent : extents) {
        count = Math.multiplyExact(count, extent);
      }
    } catch (ArithmeticException overflow) {
      throw new ShapeException(
          "shape", "element count overflows", Arrays.toString(extents), "a count < 2^63", "");
    }
    return count;
  }

  /** Number of axes. */
  public int rank() {
    return extents.length;
  }

  /**
   * Extent of an axis; -1 is the last axis.
   *
   * @throws ShapeException if there is no such axis
   */
  public long extent(int axis) {
    return extents[axis("extent", axis)];
  }

  /** Number of elements: 1 for a scalar, 0 if any extent is 0. */
  public long count() {
    return count;
  }

  /** A copy of the extents. */
  public long[] toArray() {
    return extents.clone();
  }

  /**
   * The axis as a number in [0, rank).
   *
   * @param op the operation to name in the error
   * @param axis in [-rank, rank); negative counts from the end
   */
  public int axis(String op, int axis) {
    int resolved = axis < 0 ? axis + extents.length : axis;
    if (resolved < 0 || resolved >= extents.length) {
      throw new ShapeException(
          op,
          "no such axis",
          "axis " + axis + " of " + this,
          "an axis in [-" + extents.length + ", " + extents.length + ")",
          "");
    }
    return resolved;
  }

  /** Row-major strides in elements: the last axis has stride 1. */
  public long[] contiguousStrides() {
    long[] strides = new long[extents.length];
    long stride = 1;
    for (int i = extents.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= Math.max(1, extents[i]);
    }
    return strides;
  }

  /** This shape with one extent replaced. */
  public Shape with(int axis, long extent) {
    long[] changed = extents.clone();
    changed[axis("shape", axis)] = extent;
    return of(changed);
  }

  /** This shape without one axis. */
  public Shape without(int axis) {
    int dropped = axis("shape", axis);
    return generate(extents.length - 1, i -> extents[i < dropped ? i : i + 1]);
  }

  /** This shape with an extent inserted so that it becomes axis {@code axis} of the result. */
  public Shape insert(int axis, long extent) {
    if (axis < 0 || axis > extents.length) {
      throw new ShapeException(
          "shape", "no such place", "axis " + axis + " into " + this, "0 <= axis <= rank", "");
    }
    return generate(
        extents.length + 1, i -> i < axis ? extents[i] : i == axis ? extent : extents[i - 1]);
  }

  /**
   * The common shape of two operands under NumPy's broadcasting rule: aligned at the last axis,
   * extents are equal or one of them is 1.
   *
   * @throws ShapeException if they do not fit
   */
  public static Shape broadcast(String op, Shape a, Shape b) {
    if (a.equals(b)) {
      return a;
    }
    int rank = Math.max(a.rank(), b.rank());
    long[] result = new long[rank];
    for (int i = 1; i <= rank; i++) {
      long x = i <= a.rank() ? a.extents[a.rank() - i] : 1;
      long y = i <= b.rank() ? b.extents[b.rank() - i] : 1;
      if (x != y && x != 1 && y != 1) {
        throw new ShapeException(
            op,
            "shapes do not broadcast",
            a + " and " + b,
            "extents, aligned at the last axis, equal or 1",
            "");
      }
      result[rank - i] = x == 1 ? y : x;
    }
    return of(result);
  }

  @Override
  public boolean equals(Object other) {
    return this == other || (other instanceof Shape s && Arrays.equals(extents, s.extents));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(extents);
  }

  @Override
  public String toString() {
    return Arrays.toString(extents);
  }
}
