package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops on vectors that each hold a part of one row, from its beginning or a multiple of the
 * vector's length on; what the last one has of the next row is not used. A position of a row is
 * broadcast from memory, which costs no more than its load: S[a, :] += g[a] p[:] and y[:] += g[a]
 * P[a, :], nine a at a time. Rows are read where they lie and in their order, as memory is fastest.
 *
 * <p>A template, as {@link VectorTemplate} is: each k has a class of its own, for which k is a
 * constant, so that the compiler knows the distances in all loops.
 */
final class VectorMap implements MapLoops {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int BYTES = SPECIES.vectorByteSize();

  /** Positions that are worked on together: sums for each fit the registers. */
  private static final int TOGETHER = 9;

  /** Floats of a chunk: it fits the nearest cache with what goes with it. */
  private static final int CHUNK = 3072;

  private static final int K = data();

  /** Bytes of a row. */
  private static final long ROW = (long) K * Float.BYTES;

  /** Vectors of a row. */
  private static final int VECTORS = Math.ceilDiv(K, LANES);

  /** How many times nine positions. */
  private static final int TURNS = Math.ceilDiv(K, TOGETHER);

  /** Bytes from the beginning of a row that are read. */
  private static final long REACH =
      (long) Math.max(VECTORS * LANES, TURNS * TOGETHER) * Float.BYTES;

  /** Rows of a chunk: so many that each begins with a line of the cache, if the first does. */
  private static final int CHUNK_ROWS = Math.max(16, CHUNK / K / 16 * 16);

  private static int data() {
    try {
      return MethodHandles.classData(MethodHandles.lookup(), "_", Integer.class);
    } catch (IllegalAccessException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public Scratch newScratch() {
    long chunk = CHUNK_ROWS * ROW;
    return new VectorScratch(chunk + REACH, (TOGETHER + 1) * LANES, chunk);
  }

  @Override
  public int rowsAtOnce() {
    return CHUNK_ROWS;
  }

  private static long address(Rows rows, long from, int count, MemorySegment copy) {
    return address(rows, from, count, copy, false);
  }

  /** With zeros behind the end if what is there is multiplied by 0: it may be NaN. */
  private static long address(
      Rows rows, long from, int count, MemorySegment copy, boolean zerosBehind) {
    return VectorRows.address(rows, from * ROW, count * ROW, REACH - ROW, copy, zerosBehind);
  }

  @Override
  public double squares(Rows g, long from, int rows, Scratch scratch) {
    double squares = 0;
    for (int done = 0; done < rows; done += CHUNK_ROWS) {
      int some = Math.min(CHUNK_ROWS, rows - done);
      long gs = address(g, from + done, some, ((VectorScratch) scratch).x);
      squares += VectorRows.product(gs, gs, some * ROW);
    }
    return squares;
  }

  @Override
  public double products(Rows g, Rows p, long from, int rows, double[] sums, Scratch scratch) {
    VectorScratch own = (VectorScratch) scratch;
    double squares = 0;
    for (int done = 0; done < rows; done += CHUNK_ROWS) {
      int some = Math.min(CHUNK_ROWS, rows - done);
      long gs = address(g, from + done, some, own.x);
      long ps = address(p, from + done, some, own.y);
      for (int vector = 0; vector < VECTORS; vector++) {
        for (int a = 0; a < K; a += TOGETHER) {
          long at = (long) vector * BYTES;
          addProducts(gs + (long) a * Float.BYTES, gs + at, ps + at, some, own.sums);
          collect(own.sums, a, vector * LANES, sums);
          squares += a == 0 ? squares(own.sums, K - vector * LANES) : 0;
        }
      }
    }
    return squares;
  }

  /** The sum of the squares that a vector of {@link #addProducts} has of its row. */
  private static double squares(float[] sums, int lanes) {
    double squares = 0;
    for (int lane = 0; lane < Math.min(lanes, LANES); lane++) {
      squares += sums[TOGETHER * LANES + lane];
    }
    return squares;
  }

  /**
   * Products of nine positions with one vector, and the squares of another, summed over rows. A
   * pass for the squares alone would wait for memory; here the products hide that.
   */
  private static void addProducts(long g, long squared, long p, int rows, float[] sums) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    FloatVector s4 = s0;
    FloatVector s5 = s0;
    FloatVector s6 = s0;
    FloatVector s7 = s0;
    FloatVector s8 = s0;
    FloatVector s9 = s0;
    long bytes = rows * ROW;
    for (long i = 0; i < bytes; i += ROW) {
      FloatVector row = VectorMemory.load(p + i);
      s0 = row.fma(VectorMemory.broadcast(g + i), s0);
      s1 = row.fma(VectorMemory.broadcast(g + i + Float.BYTES), s1);
      s2 = row.fma(VectorMemory.broadcast(g + i + 2 * Float.BYTES), s2);
      s3 = row.fma(VectorMemory.broadcast(g + i + 3 * Float.BYTES), s3);
      s4 = row.fma(VectorMemory.broadcast(g + i + 4 * Float.BYTES), s4);
      s5 = row.fma(VectorMemory.broadcast(g + i + 5 * Float.BYTES), s5);
      s6 = row.fma(VectorMemory.broadcast(g + i + 6 * Float.BYTES), s6);
      s7 = row.fma(VectorMemory.broadcast(g + i + 7 * Float.BYTES), s7);
      s8 = row.fma(VectorMemory.broadcast(g + i + 8 * Float.BYTES), s8);
      FloatVector own = VectorMemory.load(squared + i);
      s9 = own.fma(own, s9);
    }
    s0.intoArray(sums, 0);
    s1.intoArray(sums, LANES);
    s2.intoArray(sums, 2 * LANES);
    s3.intoArray(sums, 3 * LANES);
    s4.intoArray(sums, 4 * LANES);
    s5.intoArray(sums, 5 * LANES);
    s6.intoArray(sums, 6 * LANES);
    s7.intoArray(sums, 7 * LANES);
    s8.intoArray(sums, 8 * LANES);
    s9.intoArray(sums, 9 * LANES);
  }

  /** Adds what is of one row: positions from {@code firstA} and from {@code firstB} on. */
  private static void collect(float[] lanes, int firstA, int firstB, double[] sums) {
    int lastA = Math.min(K, firstA + TOGETHER);
    int lastB = Math.min(K, firstB + LANES);
    for (int a = firstA; a < lastA; a++) {
      for (int b = firstB; b < lastB; b++) {
        sums[a * K + b] += lanes[(a - firstA) * LANES + b - firstB];
      }
    }
  }

  /** For each vector of a row, its part of every row of the map; zeros where there is none. */
  @Override
  public float[] spread(double[] map) {
    int perVector = TURNS * TOGETHER * LANES;
    float[] parts = new float[VECTORS * perVector];
    for (int a = 0; a < K; a++) {
      for (int b = 0; b < K; b++) {
        parts[b / LANES * perVector + a * LANES + b % LANES] = (float) map[a * K + b];
      }
    }
    return parts;
  }

  @Override
  public void map(Rows g, long from, int rows, float[] spread, Rows copy, Scratch scratch) {
    VectorScratch own = (VectorScratch) scratch;
    long x = address(g, from, rows, own.x, TURNS * TOGETHER > K);
    long y = own.mappedAddress();
    for (int vector = 0; vector < VECTORS; vector++) {
      VectorMask<Float> inside = SPECIES.indexInRange(vector * LANES, K);
      for (int a = 0; a < TURNS * TOGETHER; a += TOGETHER) {
        int part = (vector * TURNS * TOGETHER + a) * LANES;
        long positions = x + (long) a * Float.BYTES;
        map(positions, y + (long) vector * BYTES, rows, spread, part, a == 0, inside);
      }
    }
    if (copy != null) {
      long bytes = rows * ROW;
      long to = VectorMemory.address(copy.segment(), copy.at() + from * ROW, bytes);
      VectorMemory.copy(x, to, bytes);
    }
  }

  /** One vector of each mapped row, from nine positions. */
  private static void map(
      long g, long y, int rows, float[] spread, int part, boolean first, VectorMask<Float> inside) {
    FloatVector p0 = FloatVector.fromArray(SPECIES, spread, part);
    FloatVector p1 = FloatVector.fromArray(SPECIES, spread, part + LANES);
    FloatVector p2 = FloatVector.fromArray(SPECIES, spread, part + 2 * LANES);
    FloatVector p3 = FloatVector.fromArray(SPECIES, spread, part + 3 * LANES);
    FloatVector p4 = FloatVector.fromArray(SPECIES, spread, part + 4 * LANES);
    FloatVector p5 = FloatVector.fromArray(SPECIES, spread, part + 5 * LANES);
    FloatVector p6 = FloatVector.fromArray(SPECIES, spread, part + 6 * LANES);
    FloatVector p7 = FloatVector.fromArray(SPECIES, spread, part + 7 * LANES);
    FloatVector p8 = FloatVector.fromArray(SPECIES, spread, part + 8 * LANES);
    FloatVector none = FloatVector.zero(SPECIES);
    long bytes = rows * ROW;
    for (long i = 0; i < bytes; i += ROW) {
      FloatVector sum = first ? none : VectorMemory.load(y + i, inside);
      sum = p0.fma(VectorMemory.broadcast(g + i), sum);
      sum = p1.fma(VectorMemory.broadcast(g + i + Float.BYTES), sum);
      sum = p2.fma(VectorMemory.broadcast(g + i + 2 * Float.BYTES), sum);
      sum = p3.fma(VectorMemory.broadcast(g + i + 3 * Float.BYTES), sum);
      sum = p4.fma(VectorMemory.broadcast(g + i + 4 * Float.BYTES), sum);
      sum = p5.fma(VectorMemory.broadcast(g + i + 5 * Float.BYTES), sum);
      sum = p6.fma(VectorMemory.broadcast(g + i + 6 * Float.BYTES), sum);
      sum = p7.fma(VectorMemory.broadcast(g + i + 7 * Float.BYTES), sum);
      sum = p8.fma(VectorMemory.broadcast(g + i + 8 * Float.BYTES), sum);
      VectorMemory.store(sum, y + i, inside);
    }
  }
}
