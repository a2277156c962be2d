package org.hypergrad.nn.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Spec;

/** Images {@code [1, rows, columns]}, float32 from 0 (pixel 0) to 1 (pixel 255), with labels. */
public final class IdxDataset implements Dataset {
  private static final float[] SCALED = new float[256];

  static {
    for (int i = 0; i < SCALED.length; i++) {
      SCALED[i] = i / 255f;
    }
  }

  private final Idx.Images images;
  private final Idx.Labels labels;
  private final int imageSize;

  private IdxDataset(Idx.Images images, Idx.Labels labels) {
    this.images = images;
    this.labels = labels;
    this.imageSize = images.rows() * images.columns();
  }

  /**
   * A dataset of images and their labels, which keeps the arrays.
   *
   * @throws DataException if their numbers differ or a label is not in [0, classes)
   */
  public static IdxDataset of(Idx.Images images, Idx.Labels labels, int classes) {
    byte[] values = labels.values();
    if (values.length != images.count()) {
      throw new DataException(
          labels.source(),
          "number of labels differs from that of the images",
          values.length + " labels, " + images.count() + " images in " + images.source(),
          "as many labels as images",
          "are both of the same set?",
          null);
    }
    for (int i = 0; i < values.length; i++) {
      if (Byte.toUnsignedInt(values[i]) >= classes) {
        throw new DataException(
            labels.source(),
            "label out of range",
            "label " + Byte.toUnsignedInt(values[i]) + " of example " + i,
            "a label in [0, " + classes + ")",
            "",
            null);
      }
    }
    return new IdxDataset(images, labels);
  }

  @Override
  public int size() {
    return images.count();
  }

  @Override
  public Spec input() {
    return Spec.of(DType.FLOAT32, 1, images.rows(), images.columns());
  }

  @Override
  public Spec target() {
    return Spec.of(DType.INT32);
  }

  @Override
  public void read(int index, RandomGenerator random, MemorySegment input, MemorySegment target) {
    byte[] pixels = images.pixels();
    int first = index * imageSize;
    for (int i = 0; i < imageSize; i++) {
      float value = SCALED[Byte.toUnsignedInt(pixels[first + i])];
      input.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
    target.set(ValueLayout.JAVA_INT, 0, Byte.toUnsignedInt(labels.values()[index]));
  }

  @Override
  public String describe(int index) {
    return "image " + index + " of " + images.source();
  }
}
