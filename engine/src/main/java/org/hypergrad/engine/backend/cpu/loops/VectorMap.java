package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops on vectors that run along memory, across the ends of rows, so that nothing is
 * transposed. Position a of a row and position b = a + d lie d floats apart, so that a map is a
 * band of 2 k - 1 diagonals: y[t] = sum over d of factor[d][t mod k] x[t + d], where the factor is
 * 0 if t + d is in another row. Factors repeat after k vectors; the vectors of one such phase share
 * them. Sums of products go the same way, and drop what two rows share.
 *
 * <p>A template, as {@link VectorTemplate} is: each k has a class of its own, for which k is a
 * constant, so that the compiler knows the distances in all loops.
 */
final class VectorMap implements MapLoops {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int LANES = SPECIES.length();

  /** Vectors with a common factor that are worked on together. */
  private static final int TOGETHER = 4;

  /** Diagonals that are summed together. */
  private static final int DIAGONALS = 6;

  /** Floats of a chunk: two of them, and a result, fit the nearest cache. */
  private static final int CHUNK = 3072;

  private static final int K = data();
  private static final int STEP = K * LANES;
  private static final int UNIT = TOGETHER * LANES;
  private static final int CHUNK_ROWS = Math.max(1, CHUNK / K / UNIT) * UNIT;

  /** Floats before the rows in a scratch: the first looks back by less than k. */
  private static final int BEFORE = Math.ceilDiv(K, LANES) * LANES;

  /** 2 k - 1, and the next multiple of {@link #DIAGONALS}. */
  private static final int BAND = 2 * K - 1;

  private static final int BAND_SUMS = Math.ceilDiv(BAND, DIAGONALS) * DIAGONALS;

  /** Which position of its row each lane of each phase holds. */
  private static final int[] POSITIONS = IntStream.range(0, STEP).map(i -> i % K).toArray();

  private static int data() {
    try {
      return MethodHandles.classData(MethodHandles.lookup(), "_", Integer.class);
    } catch (IllegalAccessException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public Scratch newScratch() {
    int size = BEFORE + CHUNK_ROWS * K + BAND_SUMS + LANES;
    return new VectorScratch(size, K * BAND_SUMS * LANES, CHUNK_ROWS * K);
  }

  @Override
  public int rowsAtOnce() {
    return CHUNK_ROWS;
  }

  /** Rows as whole vectors of every phase, with zeros around. */
  private static int padded(int rows) {
    return Math.ceilDiv(rows, UNIT) * UNIT;
  }

  /** Copies rows to where they may be read beyond their ends, and gives their sum of squares. */
  private static double load(Rows rows, long from, int count, float[] into) {
    int floats = count * K;
    int whole = floats - floats % LANES;
    long start = from * K * Float.BYTES;
    Arrays.fill(into, 0, BEFORE, 0);
    Arrays.fill(
        into, BEFORE + whole, Math.min(into.length, BEFORE + padded(count) * K + BAND_SUMS), 0);
    FloatVector squares = FloatVector.zero(SPECIES);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector x = vector(rows, start + (long) i * Float.BYTES);
      x.intoArray(into, BEFORE + i);
      squares = x.fma(x, squares);
    }
    if (whole < floats) {
      VectorMask<Float> rest = SPECIES.indexInRange(whole, floats);
      FloatVector x = vector(rows, start + (long) whole * Float.BYTES, rest);
      x.intoArray(into, BEFORE + whole, rest);
      squares = x.fma(x, squares);
    }
    return squares.reduceLanes(VectorOperators.ADD);
  }

  private static FloatVector vector(Rows rows, long at) {
    FloatVector x = FloatVector.fromMemorySegment(SPECIES, rows.segment(), rows.at() + at, ORDER);
    if (rows.decay() == 0) {
      return x;
    }
    long other = rows.thetaAt() + at;
    FloatVector theta = FloatVector.fromMemorySegment(SPECIES, rows.theta(), other, ORDER);
    return x.add(theta.mul((float) rows.decay()));
  }

  private static FloatVector vector(Rows rows, long at, VectorMask<Float> mask) {
    FloatVector x =
        FloatVector.fromMemorySegment(SPECIES, rows.segment(), rows.at() + at, ORDER, mask);
    if (rows.decay() == 0) {
      return x;
    }
    long other = rows.thetaAt() + at;
    FloatVector theta = FloatVector.fromMemorySegment(SPECIES, rows.theta(), other, ORDER, mask);
    return x.add(theta.mul((float) rows.decay()));
  }

  @Override
  public double squares(Rows g, long from, int rows, Scratch scratch) {
    double squares = 0;
    for (int done = 0; done < rows; done += CHUNK_ROWS) {
      int some = Math.min(CHUNK_ROWS, rows - done);
      squares += load(g, from + done, some, ((VectorScratch) scratch).x);
    }
    return squares;
  }

  @Override
  public double products(Rows g, Rows p, long from, int rows, double[] sums, Scratch scratch) {
    VectorScratch buffers = (VectorScratch) scratch;
    Arrays.fill(buffers.sums, 0);
    double squares = 0;
    for (int done = 0; done < rows; done += CHUNK_ROWS) {
      int some = Math.min(CHUNK_ROWS, rows - done);
      squares += load(g, from + done, some, buffers.x);
      load(p, from + done, some, buffers.y);
      int vectors = padded(some) / LANES;
      for (int phase = 0; phase < K; phase++) {
        for (int d = 0; d < BAND_SUMS; d += DIAGONALS) {
          addProducts(buffers, phase, d, vectors);
        }
      }
    }
    collect(buffers.sums, sums);
    return squares;
  }

  /** Six diagonals of one phase: enough sums on the way that none waits for the one before. */
  private static void addProducts(VectorScratch buffers, int phase, int d, int vectors) {
    float[] x = buffers.x;
    float[] y = buffers.y;
    float[] sums = buffers.sums;
    int to = (phase * BAND_SUMS + d) * LANES;
    FloatVector s0 = FloatVector.fromArray(SPECIES, sums, to);
    FloatVector s1 = FloatVector.fromArray(SPECIES, sums, to + LANES);
    FloatVector s2 = FloatVector.fromArray(SPECIES, sums, to + 2 * LANES);
    FloatVector s3 = FloatVector.fromArray(SPECIES, sums, to + 3 * LANES);
    FloatVector s4 = FloatVector.fromArray(SPECIES, sums, to + 4 * LANES);
    FloatVector s5 = FloatVector.fromArray(SPECIES, sums, to + 5 * LANES);
    int at = BEFORE + phase * LANES;
    int end = at + vectors * STEP;
    int ahead = d - (K - 1);
    for (int t = at; t < end; t += STEP) {
      FloatVector g = FloatVector.fromArray(SPECIES, x, t);
      s0 = g.fma(FloatVector.fromArray(SPECIES, y, t + ahead), s0);
      s1 = g.fma(FloatVector.fromArray(SPECIES, y, t + ahead + 1), s1);
      s2 = g.fma(FloatVector.fromArray(SPECIES, y, t + ahead + 2), s2);
      s3 = g.fma(FloatVector.fromArray(SPECIES, y, t + ahead + 3), s3);
      s4 = g.fma(FloatVector.fromArray(SPECIES, y, t + ahead + 4), s4);
      s5 = g.fma(FloatVector.fromArray(SPECIES, y, t + ahead + 5), s5);
    }
    s0.intoArray(sums, to);
    s1.intoArray(sums, to + LANES);
    s2.intoArray(sums, to + 2 * LANES);
    s3.intoArray(sums, to + 3 * LANES);
    s4.intoArray(sums, to + 4 * LANES);
    s5.intoArray(sums, to + 5 * LANES);
  }

  /** Adds up what lanes have of the same two positions, and drops what two rows share. */
  private static void collect(float[] lanes, double[] sums) {
    double[] byDiagonal = new double[K * BAND_SUMS];
    for (int phase = 0; phase < K; phase++) {
      for (int d = 0; d < BAND; d++) {
        int from = (phase * BAND_SUMS + d) * LANES;
        for (int lane = 0; lane < LANES; lane++) {
          byDiagonal[POSITIONS[phase * LANES + lane] * BAND_SUMS + d] += lanes[from + lane];
        }
      }
    }
    for (int a = 0; a < K; a++) {
      for (int b = 0; b < K; b++) {
        sums[a * K + b] += byDiagonal[a * BAND_SUMS + b - a + K - 1];
      }
    }
  }

  /** For each phase, the vectors of factors of all diagonals. */
  @Override
  public float[] spread(double[] map) {
    float[] factors = new float[K * BAND * LANES];
    for (int phase = 0; phase < K; phase++) {
      for (int d = 0; d < BAND; d++) {
        for (int lane = 0; lane < LANES; lane++) {
          int a = POSITIONS[phase * LANES + lane];
          int b = a + d - (K - 1);
          boolean inside = b >= 0 && b < K;
          factors[(phase * BAND + d) * LANES + lane] = inside ? (float) map[a * K + b] : 0;
        }
      }
    }
    return factors;
  }

  @Override
  public void map(Rows g, long from, int rows, float[] spread, Rows copy, Scratch scratch) {
    VectorScratch buffers = (VectorScratch) scratch;
    load(g, from, rows, buffers.x);
    int vectors = padded(rows) / LANES;
    for (int phase = 0; phase < K; phase++) {
      for (int i = 0; i < vectors; i += TOGETHER) {
        map(buffers, phase, i, spread);
      }
    }
    if (copy != null) {
      MemorySegment x = MemorySegment.ofArray(buffers.x);
      long to = copy.at() + from * K * Float.BYTES;
      long bytes = (long) rows * K * Float.BYTES;
      MemorySegment.copy(x, (long) BEFORE * Float.BYTES, copy.segment(), to, bytes);
    }
  }

  /** Four vectors of one phase. */
  private static void map(VectorScratch buffers, int phase, int first, float[] factors) {
    float[] x = buffers.x;
    int at = phase * LANES + first * STEP;
    int from = BEFORE + at - (K - 1);
    FloatVector y0 = FloatVector.zero(SPECIES);
    FloatVector y1 = y0;
    FloatVector y2 = y0;
    FloatVector y3 = y0;
    int factor = phase * BAND * LANES;
    for (int d = 0; d < BAND; d++) {
      FloatVector c = FloatVector.fromArray(SPECIES, factors, factor + d * LANES);
      y0 = c.fma(FloatVector.fromArray(SPECIES, x, from + d), y0);
      y1 = c.fma(FloatVector.fromArray(SPECIES, x, from + d + STEP), y1);
      y2 = c.fma(FloatVector.fromArray(SPECIES, x, from + d + 2 * STEP), y2);
      y3 = c.fma(FloatVector.fromArray(SPECIES, x, from + d + 3 * STEP), y3);
    }
    MemorySegment mapped = buffers.mapped();
    y0.intoMemorySegment(mapped, (long) at * Float.BYTES, ORDER);
    y1.intoMemorySegment(mapped, (long) (at + STEP) * Float.BYTES, ORDER);
    y2.intoMemorySegment(mapped, (long) (at + 2 * STEP) * Float.BYTES, ORDER);
    y3.intoMemorySegment(mapped, (long) (at + 3 * STEP) * Float.BYTES, ORDER);
  }
}
