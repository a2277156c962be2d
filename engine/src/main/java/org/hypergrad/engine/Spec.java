package org.hypergrad.engine;

/**
 * Element type and shape: all that a shape rule needs to know of a tensor.
 *
 * @param dtype element type
 * @param shape extents
 */
public record Spec(DType dtype, Shape shape) {
  public static Spec of(DType dtype, long... extents) {
    return new Spec(dtype, Shape.of(extents));
  }

  /** The same element type with another shape. */
  public Spec withShape(Shape other) {
    return other.equals(shape) ? this : new Spec(dtype, other);
  }

  /** The same shape with another element type. */
  public Spec withDType(DType other) {
    return other == dtype ? this : new Spec(other, shape);
  }

  @Override
  public String toString() {
    return dtype + shape.toString();
  }
}
