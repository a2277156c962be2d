package org.hypergrad.engine.backend.cuda;

import java.util.Arrays;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.kernels.Launch;

/**
 * Where the elements of operands lie, in the order of a result: axes merged where all operands
 * allow it, axes of extent 1 left out. No axes are left if every operand is contiguous.
 *
 * @param extents of the axes, outermost first
 * @param strides by operand and axis, in elements; 0 where an operand repeats
 */
record Strided(long[] extents, long[][] strides) {
  /** Operands that have this shape or broadcast to it. */
  static Strided of(Shape shape, Tensor... operands) {
    long[][] strides = new long[operands.length][shape.rank()];
    for (int k = 0; k < operands.length; k++) {
      int missing = shape.rank() - operands[k].rank();
      for (int axis = missing; axis < shape.rank(); axis++) {
        boolean repeats = operands[k].extent(axis - missing) != shape.extent(axis);
        strides[k][axis] = repeats ? 0 : operands[k].stride(axis - missing);
      }
    }
    return merge(shape.toArray(), strides).orContiguous();
  }

  /** Some axes of a tensor, in their order. */
  static Strided of(Tensor tensor, int... axes) {
    return merge(
            Arrays.stream(axes).mapToLong(tensor::extent).toArray(),
            new long[][] {Arrays.stream(axes).mapToLong(tensor::stride).toArray()})
        .orContiguous();
  }

  /** Merges axes; one is left even if every operand is contiguous. */
  static Strided merge(long[] extents, long[][] strides) {
    long[] merged = new long[extents.length];
    long[][] steps = new long[strides.length][extents.length];
    int last = -1;
    for (int axis = 0; axis < extents.length; axis++) {
      if (extents[axis] == 1) {
        continue;
      }
      boolean joins = last >= 0;
      for (int k = 0; k < strides.length && joins; k++) {
        joins = steps[k][last] == strides[k][axis] * extents[axis];
      }
      last = joins ? last : last + 1;
      merged[last] = joins ? merged[last] * extents[axis] : extents[axis];
      for (int k = 0; k < strides.length; k++) {
        steps[k][last] = strides[k][axis];
      }
    }
    int left = last + 1;
    return new Strided(
        Arrays.copyOf(merged, left),
        Arrays.stream(steps).map(step -> Arrays.copyOf(step, left)).toArray(long[][]::new));
  }

  /** Without the one axis along which every operand is contiguous. */
  private Strided orContiguous() {
    return extents.length == 1 && Arrays.stream(strides).allMatch(step -> step[0] == 1)
        ? new Strided(new long[0], new long[strides.length][0])
        : this;
  }

  /** Whether every operand is contiguous. */
  boolean isContiguous() {
    return extents.length == 0;
  }

  /** The argument of a launch. */
  Launch into(Launch launch) {
    return launch.strided(extents, strides);
  }
}
