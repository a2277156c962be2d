package org.hypergrad.engine.backend.cpu;

import java.util.stream.IntStream;
import org.hypergrad.engine.Tensor;

/**
 * Axes with their strides: numbers the indices in row-major order and tells where each lies.
 *
 * @param extents of the axes
 * @param strides of the axes, in elements
 */
record Grid(long[] extents, long[] strides) {
  /** The axes of a tensor but one. */
  static Grid without(Tensor tensor, int axis) {
    return new Grid(tensor.shape().without(axis).toArray(), drop(tensor.strides(), axis));
  }

  static long[] drop(long[] values, int index) {
    return IntStream.range(0, values.length)
        .filter(i -> i != index)
        .mapToLong(i -> values[i])
        .toArray();
  }

  /** Number of indices: 1 of no axes. */
  long count() {
    long count = 1;
    for (long extent : extents) {
      count *= extent;
    }
    return count;
  }

  /** Behind the last index that differs from {@code number} on the innermost axis alone. */
  long runEnd(long number) {
    long run = extents.length == 0 ? 1 : extents[extents.length - 1];
    return number - number % run + run;
  }

  /** Distance in elements of neighbours on the innermost axis. */
  long runStride() {
    return strides.length == 0 ? 0 : strides[strides.length - 1];
  }

  /** Distance in elements of index {@code number} from the first. */
  long at(long number) {
    if (extents.length == 0) {
      return 0;
    }
    long at = 0;
    long rest = number;
    for (int i = extents.length - 1; i > 0; i--) {
      at += rest % extents[i] * strides[i];
      rest /= extents[i];
    }
    return at + rest * strides[0];
  }
}
