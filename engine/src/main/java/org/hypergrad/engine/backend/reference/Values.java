package org.hypergrad.engine.backend.reference;

import java.lang.foreign.MemorySegment;
import java.util.function.IntToDoubleFunction;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;

/**
 * The elements of a tensor as doubles in row-major order.
 *
 * @param shape extents
 * @param data one double per element
 */
record Values(Shape shape, double[] data) {
  static Values zeros(Shape shape) {
    return new Values(shape, new double[Elements.arrayLength(shape.count())]);
  }

  /** Element i of the result is {@code f(i)}. */
  static Values generate(Shape shape, IntToDoubleFunction f) {
    Values values = zeros(shape);
    for (int i = 0; i < values.data.length; i++) {
      values.data[i] = f.applyAsDouble(i);
    }
    return values;
  }

  static Values of(Tensor tensor) {
    Values values = zeros(tensor.shape());
    MemorySegment segment = tensor.segment();
    DType dtype = tensor.dtype();
    forEachPosition(tensor, (i, at) -> values.data[i] = Elements.get(dtype, segment, at));
    return values;
  }

  void store(Tensor target) {
    MemorySegment segment = target.segment();
    DType dtype = target.dtype();
    forEachPosition(target, (i, at) -> Elements.set(dtype, segment, at, data[i]));
  }

  int count() {
    return data.length;
  }

  int extent(int axis) {
    return (int) shape.extent(axis);
  }

  /** Number of elements from one index of {@code axis} to the next. */
  int inner(int axis) {
    int inner = 1;
    for (int i = axis + 1; i < shape.rank(); i++) {
      inner *= extent(i);
    }
    return inner;
  }

  /** This, repeated to a larger shape by the rule of broadcasting. */
  Values broadcast(Shape target) {
    if (target.equals(shape)) {
      return this;
    }
    long[] own = shape.contiguousStrides();
    long[] strides = new long[target.rank()];
    for (int i = 0; i < own.length; i++) {
      strides[target.rank() - own.length + i] = shape.extent(i) == 1 ? 0 : own[i];
    }
    Values result = zeros(target);
    walk(target, strides, 0, (i, at) -> result.data[i] = data[(int) at]);
    return result;
  }

  /** Takes the number of an element in row-major order and its position in memory. */
  @FunctionalInterface
  interface PositionConsumer {
    void accept(int number, long position);
  }

  static void forEachPosition(Tensor tensor, PositionConsumer action) {
    walk(tensor.shape(), tensor.strides(), tensor.offset(), action);
  }

  private static void walk(Shape shape, long[] strides, long offset, PositionConsumer action) {
    int count = Elements.arrayLength(shape.count());
    long[] index = new long[strides.length];
    long position = offset;
    for (int i = 0; i < count; i++) {
      action.accept(i, position);
      for (int axis = strides.length - 1; axis >= 0; axis--) {
        position += strides[axis];
        if (++index[axis] < shape.extent(axis)) {
          break;
        }
        position -= index[axis] * strides[axis];
        index[axis] = 0;
      }
    }
  }
}
