package org.hypergrad.nn.model;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;

/** Numbers that models.py makes in the same way, so that no weights need to be kept. */
final class Formula {
  private Formula() {}

  /** Numbers in [-1, 1) by a name and their place: the finaliser of SplitMix64 over a counter. */
  private static double[] uniform(String name, long count) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    double[] values = new double[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      long z = ((crc.getValue() << 32) + i + 1) * 0x9E3779B97F4A7C15L;
      z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
      z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
      z = z ^ (z >>> 31);
      values[i] = (z >>> 40) / (double) (1 << 23) - 1;
    }
    return values;
  }

  private static Tensor tensor(double[] values, double factor, double offset, Shape shape) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) (offset + values[i] * factor);
    }
    return Tensor.of(floats, shape.toArray());
  }

  /** A parameter or buffer of PyTorch's layout: by fan-in, small, or around 1. */
  static Tensor first(String name, Shape shape) {
    double[] u = uniform(name, shape.count());
    if (shape.rank() > 1) {
      double factor = Math.sqrt(6.0 / (shape.count() / shape.extent(0)));
      return tensor(u, shape.rank() == 2 ? factor * 0.1 : factor, 0, shape);
    }
    boolean isSmall = name.endsWith("bias") || name.endsWith("running_mean");
    return isSmall ? tensor(u, 0.1, 0, shape) : tensor(u, 0.5, 1, shape);
  }

  /** A batch [batch, 3, size, size]. */
  static Tensor images(int batch, int size) {
    Shape shape = Shape.of(batch, 3, size, size);
    return tensor(uniform("images", shape.count()), 1.75, 0, shape);
  }

  /** The classes of a batch. */
  static Tensor labels(int batch, int classes) {
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      labels[i] = (37 * i + 5) % classes;
    }
    return Tensor.of(labels, batch);
  }
}
