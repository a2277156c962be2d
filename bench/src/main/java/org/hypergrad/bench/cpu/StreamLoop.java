package org.hypergrad.bench.cpu;

import java.util.stream.IntStream;

/**
 * A loop of additions over arrays that the processor streams from and to memory: how fast an update
 * with the same streams can be. All cores share it.
 */
final class StreamLoop implements Case {
  private static final int SHARES = 64;

  private final float[][] read;
  private final float[][] changed;
  private final int count;

  /**
   * @param read arrays that are read alone
   * @param changed arrays that are read and written, one to three
   */
  StreamLoop(int count, int read, int changed) {
    this.count = count;
    this.read = new float[read][count];
    this.changed = new float[changed][count];
  }

  @Override
  public void run() {
    IntStream.range(0, SHARES).parallel().forEach(this::share);
  }

  private void share(int share) {
    int from = (int) ((long) count * share / SHARES);
    int to = (int) ((long) count * (share + 1) / SHARES);
    float[] a = read[0];
    float[] b = read[read.length - 1];
    float[] x = changed[0];
    float[] y = changed[changed.length - 1];
    float[] z = changed[changed.length / 2];
    if (changed.length == 1) {
      for (int i = from; i < to; i++) {
        x[i] += a[i] + b[i];
      }
    } else if (changed.length == 2) {
      for (int i = from; i < to; i++) {
        float sum = a[i] + b[i] + 0.5f * y[i];
        y[i] = sum;
        x[i] += sum;
      }
    } else {
      for (int i = from; i < to; i++) {
        float sum = a[i] + b[i];
        y[i] = sum + 0.5f * y[i];
        z[i] = sum + 0.25f * z[i];
        x[i] += sum;
      }
    }
  }

  @Override
  public void close() {
    // The arrays are the garbage collector's.
  }
}
