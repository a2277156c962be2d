package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
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

  private final int k;
  private final int chunkRows;

  /** Floats before the rows in a scratch: the first looks back by less than k. */
  private final int before;

  /** 2 k - 1, and the next multiple of {@link #DIAGONALS}. */
  private final int band;

  private final int bandSums;

  VectorMap(int k) {
    this.k = k;
    int unit = TOGETHER * LANES;
    chunkRows = Math.max(1, CHUNK / k / unit) * unit;
    before = Math.ceilDiv(k, LANES) * LANES;
    band = 2 * k - 1;
    bandSums = Math.ceilDiv(band, DIAGONALS) * DIAGONALS;
  }

  /** Two chunks with room on both sides, and sums for each lane of each phase and diagonal. */
  private record Buffers(float[] x, float[] y, float[] sums, MemorySegment mapped)
      implements Scratch {}

  @Override
  public Scratch newScratch() {
    int size = before + chunkRows * k + bandSums + LANES;
    MemorySegment mapped = Arena.ofAuto().allocate((long) chunkRows * k * Float.BYTES, 64);
    return new Buffers(new float[size], new float[size], new float[k * bandSums * LANES], mapped);
  }

  @Override
  public int rowsAtOnce() {
    return chunkRows;
  }

  /** Rows as whole vectors of every phase, with zeros around. */
  private int padded(int rows) {
    int unit = TOGETHER * LANES;
    return Math.ceilDiv(rows, unit) * unit;
  }

  /** Copies rows to where they may be read beyond their ends, and gives their sum of squares. */
  private double load(Rows rows, long from, int count, float[] into) {
    int floats = count * k;
    int whole = floats - floats % LANES;
    long start = from * k * Float.BYTES;
    Arrays.fill(into, 0, before, 0);
    Arrays.fill(
        into, before + whole, Math.min(into.length, before + padded(count) * k + bandSums), 0);
    FloatVector squares = FloatVector.zero(SPECIES);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector x = vector(rows, start + (long) i * Float.BYTES);
      x.intoArray(into, before + i);
      squares = x.fma(x, squares);
    }
    if (whole < floats) {
      VectorMask<Float> rest = SPECIES.indexInRange(whole, floats);
      FloatVector x = vector(rows, start + (long) whole * Float.BYTES, rest);
      x.intoArray(into, before + whole, rest);
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
    for (int done = 0; done < rows; done += chunkRows) {
      int some = Math.min(chunkRows, rows - done);
      squares += load(g, from + done, some, ((Buffers) scratch).x);
    }
    return squares;
  }

  @Override
  public double products(Rows g, Rows p, long from, int rows, double[] sums, Scratch scratch) {
    Buffers buffers = (Buffers) scratch;
    Arrays.fill(buffers.sums, 0);
    double squares = 0;
    for (int done = 0; done < rows; done += chunkRows) {
      int some = Math.min(chunkRows, rows - done);
      squares += load(g, from + done, some, buffers.x);
      load(p, from + done, some, buffers.y);
      int vectors = padded(some) / LANES;
      for (int phase = 0; phase < k; phase++) {
        for (int d = 0; d < bandSums; d += DIAGONALS) {
          addProducts(buffers, phase, d, vectors);
        }
      }
    }
    collect(buffers.sums, sums);
    return squares;
  }

  /** Six diagonals of one phase: enough sums on the way that none waits for the one before. */
  private void addProducts(Buffers buffers, int phase, int d, int vectors) {
    float[] x = buffers.x;
    float[] y = buffers.y;
    float[] sums = buffers.sums;
    int to = (phase * bandSums + d) * LANES;
    FloatVector s0 = FloatVector.fromArray(SPECIES, sums, to);
    FloatVector s1 = FloatVector.fromArray(SPECIES, sums, to + LANES);
    FloatVector s2 = FloatVector.fromArray(SPECIES, sums, to + 2 * LANES);
    FloatVector s3 = FloatVector.fromArray(SPECIES, sums, to + 3 * LANES);
    FloatVector s4 = FloatVector.fromArray(SPECIES, sums, to + 4 * LANES);
    FloatVector s5 = FloatVector.fromArray(SPECIES, sums, to + 5 * LANES);
    int step = k * LANES;
    int at = before + phase * LANES;
    int end = at + vectors * step;
    int ahead = d - (k - 1);
    for (int t = at; t < end; t += step) {
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

  /** Adds up what lanes have of the same two positions. */
  private void collect(float[] lanes, double[] sums) {
    for (int phase = 0; phase < k; phase++) {
      for (int d = 0; d < band; d++) {
        int from = (phase * bandSums + d) * LANES;
        for (int lane = 0; lane < LANES; lane++) {
          int a = (phase * LANES + lane) % k;
          int b = a + d - (k - 1);
          if (b >= 0 && b < k) {
            sums[a * k + b] += lanes[from + lane];
          }
        }
      }
    }
  }

  /** For each phase, the vectors of factors of all diagonals. */
  @Override
  public float[] spread(double[] map) {
    float[] factors = new float[k * band * LANES];
    for (int phase = 0; phase < k; phase++) {
      for (int d = 0; d < band; d++) {
        for (int lane = 0; lane < LANES; lane++) {
          int a = (phase * LANES + lane) % k;
          int b = a + d - (k - 1);
          boolean inside = b >= 0 && b < k;
          factors[(phase * band + d) * LANES + lane] = inside ? (float) map[a * k + b] : 0;
        }
      }
    }
    return factors;
  }

  @Override
  public void map(Rows g, long from, int rows, float[] spread, Rows copy, Scratch scratch) {
    Buffers buffers = (Buffers) scratch;
    load(g, from, rows, buffers.x);
    int vectors = padded(rows) / LANES;
    for (int phase = 0; phase < k; phase++) {
      for (int i = 0; i < vectors; i += TOGETHER) {
        map(buffers, phase, i, spread);
      }
    }
    if (copy != null) {
      MemorySegment x = MemorySegment.ofArray(buffers.x);
      long to = copy.at() + from * k * Float.BYTES;
      long bytes = (long) rows * k * Float.BYTES;
      MemorySegment.copy(x, (long) before * Float.BYTES, copy.segment(), to, bytes);
    }
  }

  /** Four vectors of one phase. */
  private void map(Buffers buffers, int phase, int first, float[] factors) {
    float[] x = buffers.x;
    int step = k * LANES;
    int at = phase * LANES + first * step;
    int from = before + at - (k - 1);
    FloatVector y0 = FloatVector.zero(SPECIES);
    FloatVector y1 = y0;
    FloatVector y2 = y0;
    FloatVector y3 = y0;
    int factor = phase * band * LANES;
    for (int d = 0; d < band; d++) {
      FloatVector c = FloatVector.fromArray(SPECIES, factors, factor + d * LANES);
      y0 = c.fma(FloatVector.fromArray(SPECIES, x, from + d), y0);
      y1 = c.fma(FloatVector.fromArray(SPECIES, x, from + d + step), y1);
      y2 = c.fma(FloatVector.fromArray(SPECIES, x, from + d + 2 * step), y2);
      y3 = c.fma(FloatVector.fromArray(SPECIES, x, from + d + 3 * step), y3);
    }
    MemorySegment mapped = buffers.mapped;
    y0.intoMemorySegment(mapped, (long) at * Float.BYTES, ORDER);
    y1.intoMemorySegment(mapped, (long) (at + step) * Float.BYTES, ORDER);
    y2.intoMemorySegment(mapped, (long) (at + 2 * step) * Float.BYTES, ORDER);
    y3.intoMemorySegment(mapped, (long) (at + 3 * step) * Float.BYTES, ORDER);
  }
}
