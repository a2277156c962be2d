package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * Indices start, start + step, ... below stop of one axis.
 *
 * @param axis in [0, rank)
 * @param start first index
 * @param stop bound, start &le; stop &le; extent
 * @param step distance, at least 1
 */
public record Slice(int axis, long start, long stop, long step) implements ViewOp {
  /** The slice with negative axis and bounds resolved. */
  public static Slice of(Shape shape, int axis, long start, long stop, long step) {
    int resolved = shape.axis("slice", axis);
    long extent = shape.extent(resolved);
    return new Slice(
        resolved, start < 0 ? start + extent : start, stop < 0 ? stop + extent : stop, step);
  }

  @Override
  public String name() {
    return "slice";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Shape shape = in[0].shape();
    Rules.argument(
        name(),
        step >= 1 && start >= 0 && start <= stop && stop <= shape.extent(axis),
        "bounds out of range",
        () -> start + ":" + stop + ":" + step + " on axis " + axis + " of " + shape,
        "0 <= start <= stop <= extent and step >= 1");
    return Rules.one(in[0].withShape(shape.with(axis, Math.ceilDiv(stop - start, step))));
  }

  @Override
  public Tensor view(Tensor x, Shape shape) {
    long[] strides = x.strides();
    long offset = x.offset() + (shape.count() == 0 ? 0 : start * strides[axis]);
    strides[axis] *= step;
    return x.view(name(), shape, strides, offset);
  }

  @Override
  public void backward(Backward b) {
    long extent = b.inputSpec(0).shape().extent(axis);
    b.give(0, () -> Dispatch.run(new Gradient(this, extent), b.gradient())[0]);
  }

  /**
   * dy at the slice's places in zeros.
   *
   * @param slice the slice
   * @param extent of the sliced axis in the whole
   */
  public record Gradient(Slice slice, long extent) implements Op {
    @Override
    public String name() {
      return "slice gradient";
    }

    @Override
    public Spec[] infer(Spec... in) {
      return Rules.one(in[0].withShape(in[0].shape().with(slice.axis, extent)));
    }
  }
}
