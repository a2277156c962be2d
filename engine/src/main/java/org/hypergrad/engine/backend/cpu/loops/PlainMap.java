package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The loops as their formulas stand. */
record PlainMap(int k) implements MapLoops {
  private record Mapped(MemorySegment mapped) implements Scratch {}

  @Override
  public int rowsAtOnce() {
    return Math.max(1, 2048 / k);
  }

  @Override
  public Scratch newScratch() {
    return new Mapped(Arena.ofAuto().allocate((long) rowsAtOnce() * k * Float.BYTES, 64));
  }

  @Override
  public float[] spread(double[] map) {
    float[] rounded = new float[map.length];
    for (int i = 0; i < map.length; i++) {
      rounded[i] = (float) map[i];
    }
    return rounded;
  }

  @Override
  public double squares(Rows g, long from, int rows, Scratch scratch) {
    double sum = 0;
    for (long i = from * k; i < (from + rows) * k; i++) {
      sum += (double) g.get(i) * g.get(i);
    }
    return sum;
  }

  @Override
  public double products(Rows g, Rows p, long from, int rows, double[] sums, Scratch scratch) {
    for (long row = from * k; row < (from + rows) * k; row += k) {
      for (int a = 0; a < k; a++) {
        double x = g.get(row + a);
        for (int b = 0; b < k; b++) {
          sums[a * k + b] += x * p.get(row + b);
        }
      }
    }
    return squares(g, from, rows, scratch);
  }

  @Override
  public void map(Rows g, long from, int rows, float[] spread, Rows copy, Scratch scratch) {
    for (int i = 0; i < rows * k; i++) {
      long row = from * k + i / k * k;
      float sum = 0;
      for (int b = 0; b < k; b++) {
        sum += g.get(row + b) * spread[b * k + i % k];
      }
      set(scratch.mapped(), (long) i * Float.BYTES, sum);
      if (copy != null) {
        set(copy.segment(), copy.at() + (from * k + i) * Float.BYTES, g.get(from * k + i));
      }
    }
  }

  private static void set(MemorySegment segment, long at, float value) {
    segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, value);
  }
}
