package org.hypergrad.nn;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.ShapeException;

/** What a parameter does in its layer: optimizers and initialisers choose by it. */
public enum Role {
  /** Kernel of a convolution, [outputs, inputs / groups, height, width]. */
  CONV_KERNEL,
  /** Kernel of a transposed convolution, [inputs, outputs / groups, height, width]. */
  TRANSPOSED_CONV_KERNEL,
  /** Weight of a dense layer, [inputs, outputs]. */
  DENSE_WEIGHT,
  /** What a layer adds. */
  BIAS,
  /** The factor of a normalisation. */
  SCALE,
  /** What a normalisation adds. */
  SHIFT,
  /** None of these, such as a learned temperature. */
  OTHER;

  /**
   * How many inputs each output of the layer sums over.
   *
   * @throws ArgumentException if this is no weight
   * @throws ShapeException if the shape is not that of this role
   */
  public long fanIn(Shape shape) {
    return switch (this) {
      case DENSE_WEIGHT -> checked(shape, 2).extent(0);
      case CONV_KERNEL -> checked(shape, 4).extent(1) * window(shape);
      case TRANSPOSED_CONV_KERNEL -> checked(shape, 4).extent(0) * window(shape);
      case BIAS, SCALE, SHIFT, OTHER -> throw noFan();
    };
  }

  /**
   * How many outputs each input of the layer goes into, supposing a stride of 1 and one group.
   *
   * @throws ArgumentException if this is no weight
   * @throws ShapeException if the shape is not that of this role
   */
  public long fanOut(Shape shape) {
    return switch (this) {
      case DENSE_WEIGHT -> checked(shape, 2).extent(1);
      case CONV_KERNEL -> checked(shape, 4).extent(0) * window(shape);
      case TRANSPOSED_CONV_KERNEL -> checked(shape, 4).extent(1) * window(shape);
      case BIAS, SCALE, SHIFT, OTHER -> throw noFan();
    };
  }

  private static long window(Shape shape) {
    return shape.extent(2) * shape.extent(3);
  }

  private Shape checked(Shape shape, int rank) {
    if (shape.rank() != rank || shape.count() == 0) {
      throw new ShapeException(
          "fan",
          "not the shape of a " + this,
          shape.toString(),
          switch (this) {
            case DENSE_WEIGHT -> "[inputs, outputs]";
            case CONV_KERNEL -> "[outputs, inputs / groups, height, width]";
            default -> "[inputs, outputs / groups, height, width]";
          },
          "");
    }
    return shape;
  }

  private ArgumentException noFan() {
    return new ArgumentException(
        "fan", "not a weight", toString(), "a kernel or DENSE_WEIGHT", "start it at a constant");
  }
}
