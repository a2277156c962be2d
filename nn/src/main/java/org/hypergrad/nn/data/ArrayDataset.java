package org.hypergrad.nn.data;

import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;

/** Examples in memory, copied from plain arrays. */
public final class ArrayDataset implements Dataset {
  private final int size;
  private final Spec input;
  private final Spec target;
  private final MemorySegment inputs;
  private final MemorySegment targets;

  private ArrayDataset(int size, Spec input, float[] inputs, Spec target, MemorySegment targets) {
    this.size = size;
    this.input = input;
    this.target = target;
    this.inputs = MemorySegment.ofArray(inputs);
    this.targets = targets;
  }

  /**
   * Inputs with a class each.
   *
   * @param inputs one input after another, each in row-major order
   * @param shape of one input
   * @param labels in [0, classes)
   * @throws DataException if there are no examples, the numbers do not fit, a label is out of
   *     range, or an input holds NaN or infinity
   */
  public static ArrayDataset labelled(float[] inputs, Shape shape, int[] labels, int classes) {
    checkCount("inputs", inputs.length, shape, labels.length);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new DataException(
            "example " + i,
            "label out of range",
            "label " + labels[i],
            "a label in [0, " + classes + ")",
            "",
            null);
      }
    }
    return new ArrayDataset(
        labels.length,
        new Spec(DType.FLOAT32, shape),
        finite("input", inputs, shape),
        Spec.of(DType.INT32),
        MemorySegment.ofArray(labels.clone()));
  }

  /** As {@link #labelled(float[], Shape, int[], int)}, with one row for each input. */
  public static ArrayDataset labelled(float[][] inputs, Shape shape, int[] labels, int classes) {
    return labelled(flat("input", inputs, shape), shape, labels, classes);
  }

  /**
   * Inputs with values to predict.
   *
   * @param inputs one input after another, each in row-major order
   * @param shape of one input
   * @param targets one target after another, each in row-major order
   * @param targetShape of one target
   * @throws DataException if there are no examples, the numbers do not fit, or a value is NaN or
   *     infinite
   */
  public static ArrayDataset valued(
      float[] inputs, Shape shape, float[] targets, Shape targetShape) {
    long size = targetShape.count() == 0 ? 0 : targets.length / targetShape.count();
    checkCount("inputs", inputs.length, shape, size);
    checkCount("targets", targets.length, targetShape, size);
    return new ArrayDataset(
        (int) size,
        new Spec(DType.FLOAT32, shape),
        finite("input", inputs, shape),
        new Spec(DType.FLOAT32, targetShape),
        MemorySegment.ofArray(finite("target", targets, targetShape)));
  }

  /** As {@link #valued(float[], Shape, float[], Shape)}, with one row for each example. */
  public static ArrayDataset valued(
      float[][] inputs, Shape shape, float[][] targets, Shape targetShape) {
    return valued(
        flat("input", inputs, shape), shape, flat("target", targets, targetShape), targetShape);
  }

  private static void checkCount(String what, int values, Shape shape, long size) {
    if (size == 0 || shape.count() == 0) {
      throw new DataException(
          "dataset",
          "no examples",
          size + " examples with " + what + " of shape " + shape,
          "at least one example, of at least one value",
          "",
          null);
    }
    if (values % shape.count() != 0 || values / shape.count() != size) {
      throw new DataException(
          "dataset",
          "number of " + what + " does not fit",
          values + " values for " + size + " examples of shape " + shape,
          size + " x " + shape.count() + " values",
          "",
          null);
    }
  }

  private static float[] finite(String what, float[] values, Shape shape) {
    float[] copy = values.clone();
    long at = NonFinite.first(DType.FLOAT32, MemorySegment.ofArray(copy));
    if (at >= 0) {
      throw NonFinite.exception("example " + at / shape.count(), what, copy[(int) at], at, shape);
    }
    return copy;
  }

  private static float[] flat(String what, float[][] rows, Shape shape) {
    float[] flat = new float[Elements.arrayLength(Math.multiplyExact(shape.count(), rows.length))];
    int width = (int) shape.count();
    for (int i = 0; i < rows.length; i++) {
      if (rows[i].length != width) {
        throw new DataException(
            "example " + i,
            "number of values of its " + what + " does not fit",
            rows[i].length + " values",
            width + " values of shape " + shape,
            "",
            null);
      }
      System.arraycopy(rows[i], 0, flat, i * width, width);
    }
    return flat;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Spec input() {
    return input;
  }

  @Override
  public Spec target() {
    return target;
  }

  @Override
  public void read(int index, RandomGenerator random, MemorySegment in, MemorySegment out) {
    MemorySegment.copy(inputs, index * in.byteSize(), in, 0, in.byteSize());
    MemorySegment.copy(targets, index * out.byteSize(), out, 0, out.byteSize());
  }
}
