package org.hypergrad.engine.backend.cpu.loops;

import jdk.incubator.vector.FloatVector;

/**
 * The transforms of Winograd's minimal filtering F(2 x 2, 3 x 3), of a tile at a time, by vectors
 * of channels (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016): {@code y
 * = A^T [(G g G^T) * (B^T d B)] A} for 4 x 4 pixels d, a kernel g and 2 x 2 pixels y. But for G,
 * whose factors are halves, all are sums.
 *
 * <p>Images lie channels last. Of what is transformed, the 16 places of a tile lie in 16 planes.
 */
public final class WinogradTiles {
  private static final int BYTES = VectorMemory.SPECIES.vectorByteSize();

  /** Floats of a vector: channels come in multiples of it. */
  public static final int LANES = VectorMemory.SPECIES.length();

  private WinogradTiles() {}

  public static void copy(long from, long to, long bytes) {
    VectorMemory.copy(from, to, bytes);
  }

  public static void clear(long at, long bytes) {
    for (long i = 0; i < bytes; i += BYTES) {
      VectorMemory.store(FloatVector.zero(VectorMemory.SPECIES), at + i);
    }
  }

  /**
   * B^T d B.
   *
   * @param d addresses of four rows of pixels
   * @param pixel bytes from one pixel to the next
   * @param v address of the tile in the first plane
   * @param plane bytes from one plane to the next
   * @param channels bytes of a pixel's channels
   */
  public static void input(long[] d, long pixel, long v, long plane, long channels) {
    long step = VectorMemory.known(pixel);
    long to = VectorMemory.known(v);
    long next = VectorMemory.known(plane);
    long end = VectorMemory.known(channels);
    inputRow(d[0], d[2], step, to, next, end, false);
    inputRow(d[1], d[2], step, VectorMemory.known(to + 4 * next), next, end, true);
    inputRow(d[2], d[1], step, VectorMemory.known(to + 8 * next), next, end, false);
    inputRow(d[1], d[3], step, VectorMemory.known(to + 12 * next), next, end, false);
  }

  /** Four planes: the sum or difference of two rows, times B. */
  private static void inputRow(
      long one, long other, long pixel, long to, long plane, long bytes, boolean sum) {
    long a = VectorMemory.known(one);
    long b = VectorMemory.known(other);
    long pixel2 = VectorMemory.known(2 * pixel);
    long pixel3 = VectorMemory.known(3 * pixel);
    long plane2 = VectorMemory.known(2 * plane);
    long plane3 = VectorMemory.known(3 * plane);
    for (long c = 0; c < bytes; c += BYTES) {
      long i = VectorMemory.known(c);
      FloatVector d0 = VectorMemory.load(a + i);
      FloatVector d1 = VectorMemory.load(a + VectorMemory.known(pixel + i));
      FloatVector d2 = VectorMemory.load(a + VectorMemory.known(pixel2 + i));
      FloatVector d3 = VectorMemory.load(a + VectorMemory.known(pixel3 + i));
      FloatVector e0 = VectorMemory.load(b + i);
      FloatVector e1 = VectorMemory.load(b + VectorMemory.known(pixel + i));
      FloatVector e2 = VectorMemory.load(b + VectorMemory.known(pixel2 + i));
      FloatVector e3 = VectorMemory.load(b + VectorMemory.known(pixel3 + i));
      FloatVector t0 = sum ? d0.add(e0) : d0.sub(e0);
      FloatVector t1 = sum ? d1.add(e1) : d1.sub(e1);
      FloatVector t2 = sum ? d2.add(e2) : d2.sub(e2);
      FloatVector t3 = sum ? d3.add(e3) : d3.sub(e3);
      VectorMemory.store(t0.sub(t2), to + i);
      VectorMemory.store(t1.add(t2), to + VectorMemory.known(plane + i));
      VectorMemory.store(t2.sub(t1), to + VectorMemory.known(plane2 + i));
      VectorMemory.store(t1.sub(t3), to + VectorMemory.known(plane3 + i));
    }
  }

  /**
   * A^T m A, and a bias.
   *
   * @param m address of the tile in the first plane
   * @param plane bytes from one plane to the next
   * @param bias address of one number per channel
   * @param y0 address of the upper two pixels
   * @param y1 address of the lower two
   * @param pixel bytes from one pixel to the next
   * @param channels bytes of a pixel's channels
   */
  public static void output(
      long m, long plane, long bias, long y0, long y1, long pixel, long channels) {
    long from = VectorMemory.known(m);
    long next = VectorMemory.known(plane);
    long terms = VectorMemory.known(bias);
    long up = VectorMemory.known(y0);
    long low = VectorMemory.known(y1);
    long step = VectorMemory.known(pixel);
    for (long c = 0; c < channels; c += BYTES) {
      long i = VectorMemory.known(c);
      long at = VectorMemory.known(from + i);
      FloatVector upLeft = VectorMemory.load(terms + i);
      FloatVector upRight = upLeft;
      FloatVector lowLeft = upLeft;
      FloatVector lowRight = upLeft;
      for (int row = 0; row < 4; row++) {
        FloatVector m0 = VectorMemory.load(at);
        FloatVector m1 = VectorMemory.load(at + next);
        FloatVector m2 = VectorMemory.load(VectorMemory.known(at + next) + next);
        FloatVector m3 =
            VectorMemory.load(VectorMemory.known(VectorMemory.known(at + next) + next) + next);
        at = VectorMemory.known(at + VectorMemory.known(4 * next));
        FloatVector left = m0.add(m1).add(m2);
        FloatVector right = m1.sub(m2).sub(m3);
        if (row < 3) {
          upLeft = upLeft.add(left);
          upRight = upRight.add(right);
        }
        if (row == 1) {
          lowLeft = lowLeft.add(left);
          lowRight = lowRight.add(right);
        } else if (row > 1) {
          lowLeft = lowLeft.sub(left);
          lowRight = lowRight.sub(right);
        }
      }
      VectorMemory.store(upLeft, up + i);
      VectorMemory.store(upRight, up + VectorMemory.known(step + i));
      VectorMemory.store(lowLeft, low + i);
      VectorMemory.store(lowRight, low + VectorMemory.known(step + i));
    }
  }

  /**
   * A y A^T: the gradient of m from that of y.
   *
   * @param y0 address of the upper two pixels
   * @param y1 address of the lower two
   * @param pixel bytes from one pixel to the next
   * @param m address of the tile in the first plane
   * @param plane bytes from one plane to the next
   * @param channels bytes of a pixel's channels
   */
  public static void outputGradient(
      long y0, long y1, long pixel, long m, long plane, long channels) {
    long up = VectorMemory.known(y0);
    long low = VectorMemory.known(y1);
    long step = VectorMemory.known(pixel);
    long to = VectorMemory.known(m);
    long next = VectorMemory.known(plane);
    long next2 = VectorMemory.known(2 * plane);
    long next3 = VectorMemory.known(3 * plane);
    for (long c = 0; c < channels; c += BYTES) {
      long i = VectorMemory.known(c);
      FloatVector a = VectorMemory.load(up + i);
      FloatVector b = VectorMemory.load(up + VectorMemory.known(step + i));
      FloatVector d = VectorMemory.load(low + i);
      FloatVector e = VectorMemory.load(low + VectorMemory.known(step + i));
      long at = VectorMemory.known(to + i);
      for (int row = 0; row < 4; row++) {
        FloatVector left = row == 0 ? a : row == 1 ? a.add(d) : row == 2 ? a.sub(d) : d.neg();
        FloatVector right = row == 0 ? b : row == 1 ? b.add(e) : row == 2 ? b.sub(e) : e.neg();
        VectorMemory.store(left, at);
        VectorMemory.store(left.add(right), at + next);
        VectorMemory.store(left.sub(right), at + next2);
        VectorMemory.store(right.neg(), at + next3);
        at = VectorMemory.known(at + VectorMemory.known(4 * next));
      }
    }
  }

  /**
   * G g G^T of kernels whose nine taps lie in planes.
   *
   * @param g address of the first plane
   * @param flipped whether the first plane is the last tap
   * @param u address of the first of 16 planes
   * @param bytes of a plane
   * @param from byte at which to begin
   * @param to byte at which to end
   */
  public static void kernels(long g, boolean flipped, long u, long bytes, long from, long to) {
    long first = flipped ? g + 8 * bytes : g;
    long tap = flipped ? -bytes : bytes;
    for (int column = 0; column < 4; column++) {
      for (long c = from; c < to; c += BYTES) {
        FloatVector t0 = timesG(first + c, tap, column);
        FloatVector t1 = timesG(first + 3 * tap + c, tap, column);
        FloatVector t2 = timesG(first + 6 * tap + c, tap, column);
        FloatVector ends = t0.add(t2);
        long at = u + column * bytes + c;
        VectorMemory.store(t0, at);
        VectorMemory.store(ends.add(t1).mul(.5f), at + 4 * bytes);
        VectorMemory.store(ends.sub(t1).mul(.5f), at + 8 * bytes);
        VectorMemory.store(t2, at + 12 * bytes);
      }
    }
  }

  /** One of the four numbers that three taps become. */
  private static FloatVector timesG(long at, long tap, int column) {
    FloatVector first = VectorMemory.load(at);
    FloatVector last = VectorMemory.load(at + 2 * tap);
    if (column == 0 || column == 3) {
      return column == 0 ? first : last;
    }
    FloatVector middle = VectorMemory.load(at + tap);
    FloatVector ends = first.add(last);
    return (column == 1 ? ends.add(middle) : ends.sub(middle)).mul(.5f);
  }

  /**
   * G^T u G: the gradient of kernels from that of what they were transformed to.
   *
   * @param u address of the first of 16 planes
   * @param g address of the first of nine planes
   * @param bytes of a plane
   * @param from byte at which to begin
   * @param to byte at which to end
   */
  public static void kernelGradients(long u, long g, long bytes, long from, long to) {
    for (int row = 0; row < 3; row++) {
      for (long c = from; c < to; c += BYTES) {
        FloatVector t0 = timesTransposedG(u + c, 4 * bytes, row);
        FloatVector t1 = timesTransposedG(u + bytes + c, 4 * bytes, row);
        FloatVector t2 = timesTransposedG(u + 2 * bytes + c, 4 * bytes, row);
        FloatVector t3 = timesTransposedG(u + 3 * bytes + c, 4 * bytes, row);
        FloatVector sum = t1.add(t2).mul(.5f);
        long at = g + row * 3 * bytes + c;
        VectorMemory.store(t0.add(sum), at);
        VectorMemory.store(t1.sub(t2).mul(.5f), at + bytes);
        VectorMemory.store(t3.add(sum), at + 2 * bytes);
      }
    }
  }

  /** One of the three numbers that four become. */
  private static FloatVector timesTransposedG(long at, long next, int row) {
    FloatVector one = VectorMemory.load(at + next);
    FloatVector two = VectorMemory.load(at + 2 * next);
    if (row == 1) {
      return one.sub(two).mul(.5f);
    }
    return one.add(two).mul(.5f).add(VectorMemory.load(row == 0 ? at : at + 3 * next));
  }
}
