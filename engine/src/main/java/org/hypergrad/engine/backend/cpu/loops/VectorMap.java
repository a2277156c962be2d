package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops on vectors that each hold a part of one row, from its beginning or a multiple of the
 * vector's length on; what the last one has of the next row is not used. A position of a row is
 * broadcast from memory, which costs no more than its load: S[a, :] += g[a] p[:] and y[:] += g[a]
 * P[a, :], nine a at a time. Rows are read where they lie and in their order, as memory is fastest.
 *
 * <p>The square of an odd number is one more than a multiple of eight: where vectors have eight
 * lanes, the last position of such rows has products of its own, instead of one more vector that is
 * all but empty. Of wider vectors half the lanes of nine positions are empty; but vectors of two
 * widths in one program make the compiler give up what it knows of either.
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

  /**
   * Floats of a chunk. Beyond a page, 1024 floats, map and rule take half as long again: what they
   * read and write then meets at equal addresses within pages.
   */
  private static final int CHUNK = 800;

  /** Floats of a chunk that is only read: it fits the nearest cache. */
  private static final int READ = 3072;

  private static final int K = data();

  /** Bytes of a row. */
  private static final long ROW = (long) K * Float.BYTES;

  /** Vectors of a row. */
  private static final int VECTORS = Math.ceilDiv(K, LANES);

  /** How many times nine positions. */
  private static final int TURNS = Math.ceilDiv(K, TOGETHER);

  /** Whether the last position is beside the vectors of products. */
  private static final boolean ONE_MORE = K > LANES && K % LANES == 1;

  /** Vectors of a row's products. */
  private static final int PARTS = ONE_MORE ? K / LANES : VECTORS;

  /** Floats of the sums of one vector with nine positions. */
  private static final int SUMS = (TOGETHER + 3) * LANES;

  /** Among them: the vector times the last position, its squares, and two products of that. */
  private static final int LAST = TOGETHER * LANES;

  private static final int SQUARES = LAST + LANES;
  private static final int CORNER = SQUARES + LANES;

  /** Bytes from the beginning of a row that are read. */
  private static final long REACH =
      (long) Math.max(VECTORS * LANES, TURNS * TOGETHER) * Float.BYTES;

  private static final int CHUNK_ROWS = rows(CHUNK);
  private static final int READ_ROWS = rows(READ);

  /** So many that each chunk begins with a line of the cache, if the first does. */
  private static int rows(int floats) {
    return Math.max(16, floats / K / 16 * 16);
  }

  private static int data() {
    try {
      return MethodHandles.classData(MethodHandles.lookup(), "_", Integer.class);
    } catch (IllegalAccessException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public Scratch newScratch() {
    return new VectorScratch(
        READ_ROWS * ROW + REACH, SUMS, PARTS * TURNS * SUMS, CHUNK_ROWS * ROW + REACH);
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
    for (int done = 0; done < rows; done += READ_ROWS) {
      int some = Math.min(READ_ROWS, rows - done);
      long gs = address(g, from + done, some, ((VectorScratch) scratch).x);
      squares += VectorRows.product(gs, gs, some * ROW);
    }
    return squares;
  }

  @Override
  public double products(Rows g, Rows p, long from, int rows, double[] sums, Scratch scratch) {
    VectorScratch own = (VectorScratch) scratch;
    Arrays.fill(own.totals, 0);
    for (int done = 0; done < rows; done += READ_ROWS) {
      int some = Math.min(READ_ROWS, rows - done);
      long gs = address(g, from + done, some, own.x);
      long ps = address(p, from + done, some, own.y);
      for (int part = 0; part < PARTS; part++) {
        for (int turn = 0; turn < TURNS; turn++) {
          addProducts(gs, ps, turn * TOGETHER, part * LANES, some, own.sums);
          addTo(own.totals, at(part, turn), own.sums);
        }
      }
    }
    return collect(own.totals, sums);
  }

  /** In double, as sums of equal numbers in float lose much after some hundred. */
  private static void addTo(double[] totals, int at, float[] sums) {
    for (int i = 0; i < SUMS; i++) {
      totals[at + i] += sums[i];
    }
  }

  /** Where the sums of a vector with nine positions lie. */
  private static int at(int part, int turn) {
    return (part * TURNS + turn) * SUMS;
  }

  /**
   * Products of nine positions, from {@code a} on, with the vector from {@code b} on, and what else
   * there is of these rows, summed over rows. A pass for the squares alone would wait for memory;
   * here the products hide that.
   */
  private static void addProducts(long g, long p, int a, int b, int rows, float[] sums) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    FloatVector s4 = s0;
    FloatVector s5 = s0;
    FloatVector s6 = s0;
    FloatVector s7 = s0;
    FloatVector s8 = s0;
    FloatVector last = s0;
    FloatVector squares = s0;
    float corner = 0;
    float square = 0;
    long first = g + (long) a * Float.BYTES;
    long other = (long) b * Float.BYTES;
    long end = ROW - Float.BYTES;
    long bytes = rows * ROW;
    for (long i = 0; i < bytes; i += ROW) {
      FloatVector row = VectorMemory.load(p + other + i);
      s0 = row.fma(VectorMemory.broadcast(first + i), s0);
      s1 = row.fma(VectorMemory.broadcast(first + i + Float.BYTES), s1);
      s2 = row.fma(VectorMemory.broadcast(first + i + 2 * Float.BYTES), s2);
      s3 = row.fma(VectorMemory.broadcast(first + i + 3 * Float.BYTES), s3);
      s4 = row.fma(VectorMemory.broadcast(first + i + 4 * Float.BYTES), s4);
      s5 = row.fma(VectorMemory.broadcast(first + i + 5 * Float.BYTES), s5);
      s6 = row.fma(VectorMemory.broadcast(first + i + 6 * Float.BYTES), s6);
      s7 = row.fma(VectorMemory.broadcast(first + i + 7 * Float.BYTES), s7);
      s8 = row.fma(VectorMemory.broadcast(first + i + 8 * Float.BYTES), s8);
      FloatVector own = VectorMemory.load(g + other + i);
      squares = own.fma(own, squares);
      if (ONE_MORE) {
        float lastG = VectorMemory.get(g + end + i);
        float lastP = VectorMemory.get(p + end + i);
        last = own.fma(FloatVector.broadcast(SPECIES, lastP), last);
        corner = Math.fma(lastG, lastP, corner);
        square = Math.fma(lastG, lastG, square);
      }
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
    last.intoArray(sums, LAST);
    squares.intoArray(sums, SQUARES);
    sums[CORNER] = corner;
    sums[CORNER + 1] = square;
  }

  /** Adds what {@link #addProducts} summed where it belongs; gives the squares. */
  private static double collect(double[] own, double[] sums) {
    double squares = 0;
    for (int b = 0; b < PARTS * LANES && b < K; b++) {
      int part = b / LANES;
      int lane = b % LANES;
      for (int a = 0; a < K; a++) {
        sums[a * K + b] += own[at(part, a / TOGETHER) + a % TOGETHER * LANES + lane];
      }
      if (ONE_MORE) {
        sums[b * K + K - 1] += own[at(part, 0) + LAST + lane];
      }
      squares += own[at(part, 0) + SQUARES + lane];
    }
    if (ONE_MORE) {
      sums[K * K - 1] += own[CORNER];
      squares += own[CORNER + 1];
    }
    return squares;
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
    // From the last vector back: what it stores of the next row is stored again.
    for (int vector = VECTORS - 1; vector >= 0; vector--) {
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
      if (TURNS == 1) {
        VectorMemory.store(sum, y + i);
      } else {
        VectorMemory.store(sum, y + i, inside);
      }
    }
  }
}
