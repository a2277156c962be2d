package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.Concat;
import org.hypergrad.engine.op.Gather;
import org.hypergrad.engine.op.OneHot;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.Pad;
import org.hypergrad.engine.op.Slice;

/** Ops that move elements. */
final class Structure {
  private Structure() {}

  static Values concat(Concat op, Values[] in, Shape shape) {
    Values y = Values.zeros(shape);
    int inner = y.inner(op.axis());
    int row = y.extent(op.axis()) * inner;
    int start = 0;
    for (Values x : in) {
      int part = x.extent(op.axis()) * inner;
      for (int i = 0; i < x.count(); i++) {
        y.data()[i / part * row + start + i % part] = x.data()[i];
      }
      start += part;
    }
    return y;
  }

  static Values pad(Pad op, Values x, Shape shape) {
    Values y = Values.generate(shape, i -> op.value());
    long[] strides = shape.contiguousStrides();
    for (int i = 0; i < x.count(); i++) {
      int at = 0;
      int rest = i;
      for (int axis = strides.length - 1; axis >= 0; axis--) {
        at += (int) ((rest % x.extent(axis) + op.before().get(axis)) * strides[axis]);
        rest /= x.extent(axis);
      }
      y.data()[at] = x.data()[i];
    }
    return y;
  }

  static Values sliceGradient(Slice.Gradient op, Values dy, Shape shape) {
    Slice slice = op.slice();
    Values dx = Values.zeros(shape);
    int inner = dy.inner(slice.axis());
    int extent = dy.extent(slice.axis());
    for (int i = 0; i < dy.count(); i++) {
      long index = slice.start() + i / inner % extent * slice.step();
      dx.data()[(int) ((i / inner / extent * op.extent() + index) * inner) + i % inner] =
          dy.data()[i];
    }
    return dx;
  }

  static Values gather(Gather op, Values x, Values index) {
    int inner = x.inner(op.axis());
    int extent = x.extent(op.axis());
    int picked = index.extent(op.axis());
    return Values.generate(
        index.shape(),
        i ->
            x.data()[
                (i / inner / picked * extent + checked(op, index, i, extent)) * inner + i % inner]);
  }

  static Values scatterAdd(Gather.ScatterAdd op, Values x, Values index, Shape shape) {
    Values y = Values.zeros(shape);
    int inner = x.inner(op.axis());
    int extent = (int) op.extent();
    int picked = x.extent(op.axis());
    for (int i = 0; i < x.count(); i++) {
      y.data()[(i / inner / picked * extent + checked(op, index, i, extent)) * inner + i % inner] +=
          x.data()[i];
    }
    return y;
  }

  static Values oneHot(OneHot op, Values labels, Shape shape) {
    Values y = Values.zeros(shape);
    int classes = (int) op.classes();
    for (int i = 0; i < labels.count(); i++) {
      y.data()[i * classes + checked(op, labels, i, classes)] = 1;
    }
    return y;
  }

  private static int checked(Op op, Values index, int i, int extent) {
    double value = index.data()[i];
    if (value < 0 || value >= extent) {
      throw new ArgumentException(
          op.name(), "index out of range", "index " + (int) value, "0 <= index < " + extent, "");
    }
    return (int) value;
  }
}
