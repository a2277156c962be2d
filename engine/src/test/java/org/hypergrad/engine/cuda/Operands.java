package org.hypergrad.engine.cuda;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.conformance.Layout;

/**
 * How the operands of a launch look.
 *
 * @param shape extents of the result
 * @param layout how operands lie in memory
 * @param gridX blocks of the launch, sometimes fewer than the elements would fill
 */
record Operands(Shape shape, Layout layout, int gridX) {
  private static final float[] SPECIAL = {
    Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, -0.0f
  };

  /**
   * Empty, one, odd, prime, and many times as many elements as the grid has threads, so that
   * unrolled loops run too (on four elements each where they are contiguous); contiguous,
   * unaligned, strided and repeated; up to eight axes.
   */
  static List<Operands> all() {
    return List.of(
        new Operands(Shape.of(0), Layout.CONTIGUOUS, 1),
        new Operands(Shape.of(3, 0), Layout.TRANSPOSED, 1),
        new Operands(Shape.SCALAR, Layout.CONTIGUOUS, 1),
        new Operands(Shape.of(1), Layout.CONTIGUOUS, 1),
        new Operands(Shape.of(67), Layout.CONTIGUOUS, 3),
        new Operands(Shape.of(67), Layout.OFFSET, 1),
        new Operands(Shape.of(9001), Layout.CONTIGUOUS, 1),
        new Operands(Shape.of(41, 67), Layout.SLICED, 1),
        new Operands(Shape.of(3, 5, 7), Layout.TRANSPOSED, 1),
        new Operands(Shape.of(3, 5, 7), Layout.BROADCAST, 1),
        new Operands(Shape.of(2, 1, 3, 2, 1, 2, 2, 3), Layout.TRANSPOSED, 1));
  }

  /** A float32 operand: uniform in [-2, 2], with NaN, infinities and zeros if there is room. */
  Tensor floats(long salt) {
    return floats(salt, v -> v);
  }

  /** The same with other values than uniform ones. */
  Tensor floats(long salt, DoubleUnaryOperator change) {
    SplittableRandom random = new SplittableRandom(salt);
    float[] values = new float[(int) shape.count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) change.applyAsDouble(random.nextDouble(-2, 2));
    }
    for (int i = 0; values.length > 4 * SPECIAL.length && i < 2 * SPECIAL.length; i++) {
      values[random.nextInt(values.length)] = SPECIAL[i % SPECIAL.length];
    }
    return layout.apply(Tensor.of(values, shape.toArray()));
  }

  /** An operand of any type: whole numbers from {@code low} to below {@code high}. */
  Tensor whole(DType dtype, long salt, int low, int high) {
    SplittableRandom random = new SplittableRandom(salt);
    int[] values = new int[(int) shape.count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(low, high);
    }
    return layout.apply(Tensor.of(values, shape.toArray()).to(dtype));
  }

  @Override
  public String toString() {
    return shape + " " + layout + " in " + gridX + " blocks";
  }
}
