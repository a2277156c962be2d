package org.hypergrad.examples.imagenet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;
import org.hypergrad.engine.Spec;
import org.hypergrad.nn.data.Dataset;

/**
 * Images of another size, each pixel the nearest one of the original.
 *
 * @param original uint8 {@code [C, H, W]}
 * @param side rows and columns of what comes out
 */
record Enlarged(Dataset original, int side) implements Dataset {
  @Override
  public int size() {
    return original.size();
  }

  @Override
  public Spec input() {
    Spec small = original.input();
    return Spec.of(small.dtype(), small.shape().extent(0), side, side);
  }

  @Override
  public Spec target() {
    return original.target();
  }

  @Override
  public void read(int index, RandomGenerator random, MemorySegment input, MemorySegment target) {
    Spec small = original.input();
    int height = Math.toIntExact(small.shape().extent(1));
    int width = Math.toIntExact(small.shape().extent(2));
    byte[] pixels = new byte[Math.toIntExact(small.shape().count())];
    original.read(index, random, MemorySegment.ofArray(pixels), target);
    byte[] row = new byte[side];
    for (int y = 0; y < input.byteSize() / side; y++) {
      int from = (y / side * height + y % side * height / side) * width;
      for (int x = 0; x < side; x++) {
        row[x] = pixels[from + x * width / side];
      }
      MemorySegment.copy(row, 0, input, ValueLayout.JAVA_BYTE, (long) y * side, side);
    }
  }

  @Override
  public String describe(int index) {
    return original.describe(index);
  }
}
