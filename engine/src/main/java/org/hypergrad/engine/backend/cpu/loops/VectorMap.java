package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
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
 * <p>The square of an odd number is one more than a multiple of eight: where that is true of a
 * vector's lanes, the last position of such rows has products of its own, instead of one more
 * vector that is all but empty.
 *
 * <p>A template, as {@link VectorTemplate} is: each k has a class of its own, for which k is a
 * constant, so that the compiler knows the distances in all loops.
 */
final class VectorMap implements MapLoops {
  private static final VectorSpecies<Float> SPECIES = VectorWidth.FLOATS;
  private static final int LANES = SPECIES.length();
  private static final int BYTES = SPECIES.vectorByteSize();

  /** Positions that are worked on together: sums for each fit the registers. */
  private static final int TOGETHER = 9;

  /**
   * Floats of a chunk. With half a page of 1024 floats, memory sends what the rule reads of the
   * next chunk while this one is mapped; with a whole one it waits, and what is read and written
   * meets at equal addresses within pages. With a quarter, what a chunk costs of itself shows.
   */
  private static final int CHUNK = 450;

  /** Floats of a chunk that is only read: it fits the nearest cache. */
  private static final int READ = 3072;

  private static final int K = data();

  /** Bytes of a row. */
  private static final int ROW = K * Float.BYTES;

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

  /** Factors of a map for one vector of a row. */
  private static final int PER_VECTOR = TURNS * TOGETHER * LANES;

  private static final int CHUNK_ROWS = rows(CHUNK);
  private static final int READ_ROWS = rows(READ);

  /** So many that each chunk begins with a line of the cache, if the first does. */
  private static int rows(int floats) {
    return Math.max(16, floats / K / 16 * 16);
  }

  private final MethodHandle adding = loop("addProducts");
  private final MethodHandle mapping = loop("map");

  private static MethodHandle loop(String name) {
    return SeparateCode.of(
        MethodHandles.lookup(),
        name,
        void.class,
        long.class,
        long.class,
        int.class,
        int.class,
        int.class,
        long.class);
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
        READ_ROWS * ROW + REACH,
        SUMS,
        PARTS * TURNS * SUMS,
        CHUNK_ROWS * ROW + REACH,
        (long) VECTORS * PER_VECTOR);
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
          add(gs, ps, turn * TOGETHER, part * LANES, some, own.sums.address());
          addTo(own.totals, at(part, turn), own.sums);
        }
      }
    }
    return collect(own.totals, sums);
  }

  private void add(long g, long p, int a, int b, int rows, long sums) {
    try {
      adding.invokeExact(g, p, a, b, rows, sums);
    } catch (Throwable thrown) {
      throw SeparateCode.failure(thrown);
    }
  }

  /** In double, as sums of equal numbers in float lose much after some hundred. */
  private static void addTo(double[] totals, int at, MemorySegment sums) {
    for (int i = 0; i < SUMS; i++) {
      totals[at + i] += sums.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
  }

  /** Where the sums of a vector with nine positions lie. */
  private static int at(int part, int turn) {
    return (part * TURNS + turn) * SUMS;
  }

  /**
   * Products of nine positions, from {@code a} on, with the vector from {@code b} on, and what else
   * there is of these rows, summed over rows. A pass for the squares alone would wait for memory;
   * here the products hide that. What it writes is native memory: where sums went to an array, the
   * compiler in one process of three made code that took twice as long.
   */
  private static void addProducts(long g, long p, int a, int b, int rows, long sums) {
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
    long first = VectorMemory.known(g + (long) a * Float.BYTES);
    long own = VectorMemory.known(g + (long) b * Float.BYTES);
    long other = VectorMemory.known(p + (long) b * Float.BYTES);
    long lastG = VectorMemory.known(g + ROW - Float.BYTES);
    long lastP = VectorMemory.known(p + ROW - Float.BYTES);
    int bytes = rows * ROW;
    for (int done = 0; done < bytes; done += ROW) {
      long i = VectorMemory.known(done);
      FloatVector row = VectorMemory.load(other + i);
      s0 = row.fma(VectorMemory.broadcast(first + i), s0);
      s1 = row.fma(VectorMemory.broadcast(first + i + Float.BYTES), s1);
      s2 = row.fma(VectorMemory.broadcast(first + i + 2 * Float.BYTES), s2);
      s3 = row.fma(VectorMemory.broadcast(first + i + 3 * Float.BYTES), s3);
      s4 = row.fma(VectorMemory.broadcast(first + i + 4 * Float.BYTES), s4);
      s5 = row.fma(VectorMemory.broadcast(first + i + 5 * Float.BYTES), s5);
      s6 = row.fma(VectorMemory.broadcast(first + i + 6 * Float.BYTES), s6);
      s7 = row.fma(VectorMemory.broadcast(first + i + 7 * Float.BYTES), s7);
      s8 = row.fma(VectorMemory.broadcast(first + i + 8 * Float.BYTES), s8);
      FloatVector x = VectorMemory.load(own + i);
      squares = x.fma(x, squares);
      if (ONE_MORE) {
        float y = VectorMemory.get(lastG + i);
        float z = VectorMemory.get(lastP + i);
        last = x.fma(FloatVector.broadcast(SPECIES, z), last);
        corner = Math.fma(y, z, corner);
        square = Math.fma(y, y, square);
      }
    }
    long to = VectorMemory.known(sums);
    VectorMemory.store(s0, to);
    VectorMemory.store(s1, to + BYTES);
    VectorMemory.store(s2, to + 2L * BYTES);
    VectorMemory.store(s3, to + 3L * BYTES);
    VectorMemory.store(s4, to + 4L * BYTES);
    VectorMemory.store(s5, to + 5L * BYTES);
    VectorMemory.store(s6, to + 6L * BYTES);
    VectorMemory.store(s7, to + 7L * BYTES);
    VectorMemory.store(s8, to + 8L * BYTES);
    VectorMemory.store(last, to + (long) LAST * Float.BYTES);
    VectorMemory.store(squares, to + (long) SQUARES * Float.BYTES);
    VectorMemory.set(to + (long) CORNER * Float.BYTES, corner);
    VectorMemory.set(to + (long) (CORNER + 1) * Float.BYTES, square);
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
    float[] parts = new float[VECTORS * PER_VECTOR];
    for (int a = 0; a < K; a++) {
      for (int b = 0; b < K; b++) {
        parts[b / LANES * PER_VECTOR + a * LANES + b % LANES] = (float) map[a * K + b];
      }
    }
    return parts;
  }

  @Override
  public void map(Rows g, long from, int rows, float[] spread, Rows copy, Scratch scratch) {
    VectorScratch own = (VectorScratch) scratch;
    long x = address(g, from, rows, own.x, TURNS * TOGETHER > K);
    long y = own.mappedAddress();
    long factors = own.factorsAddress(spread);
    if (ONE_MORE) {
      mapLast(x, y, rows, spread);
    }
    // From the last vector back: what it stores of the next row is stored again.
    for (int vector = PARTS - 1; vector >= 0; vector--) {
      for (int a = 0; a < TURNS * TOGETHER; a += TOGETHER) {
        mapPart(x, y, a, vector, rows, factors);
      }
    }
    if (copy != null) {
      long bytes = rows * ROW;
      long to = VectorMemory.address(copy.segment(), copy.at() + from * ROW, bytes);
      VectorMemory.copy(x, to, bytes);
    }
  }

  private void mapPart(long g, long y, int a, int vector, int rows, long factors) {
    try {
      mapping.invokeExact(g, y, a, vector, rows, factors);
    } catch (Throwable thrown) {
      throw SeparateCode.failure(thrown);
    }
  }

  /** The last position of each mapped row: its product with the last row of the map. */
  private static void mapLast(long g, long y, int rows, float[] spread) {
    int part = TURNS * TOGETHER * LANES;
    int row = (K - 1) * LANES;
    float corner = spread[PARTS * part + row];
    FloatVector first = FloatVector.fromArray(SPECIES, spread, row);
    long from = VectorMemory.known(g);
    long to = VectorMemory.known(y + ROW - Float.BYTES);
    int bytes = rows * ROW;
    for (int done = 0; done < bytes; done += ROW) {
      long i = VectorMemory.known(done);
      FloatVector sum = first.mul(VectorMemory.load(from + i));
      for (int vector = 1; vector < PARTS; vector++) {
        FloatVector factors = FloatVector.fromArray(SPECIES, spread, vector * part + row);
        sum = factors.fma(VectorMemory.load(from + i + (long) vector * BYTES), sum);
      }
      float own = VectorMemory.get(from + i + ROW - Float.BYTES) * corner;
      VectorMemory.set(to + i, own + VectorMath.sum(sum));
    }
  }

  /** What nine positions, from {@code a} on, add to one vector of each mapped row. */
  private static void map(long g, long y, int a, int vector, int rows, long factors) {
    long part =
        VectorMemory.known(factors + (long) (vector * PER_VECTOR + a * LANES) * Float.BYTES);
    VectorMask<Float> inside = TURNS == 1 ? null : SPECIES.indexInRange(vector * LANES, K);
    boolean first = TURNS == 1 || a == 0;
    FloatVector p0 = VectorMemory.load(part);
    FloatVector p1 = VectorMemory.load(part + BYTES);
    FloatVector p2 = VectorMemory.load(part + 2 * BYTES);
    FloatVector p3 = VectorMemory.load(part + 3 * BYTES);
    FloatVector p4 = VectorMemory.load(part + 4 * BYTES);
    FloatVector p5 = VectorMemory.load(part + 5 * BYTES);
    FloatVector p6 = VectorMemory.load(part + 6 * BYTES);
    FloatVector p7 = VectorMemory.load(part + 7 * BYTES);
    FloatVector p8 = VectorMemory.load(part + 8 * BYTES);
    FloatVector none = FloatVector.zero(SPECIES);
    long from = VectorMemory.known(g + (long) a * Float.BYTES);
    long to = VectorMemory.known(y + (long) vector * BYTES);
    int bytes = rows * ROW;
    for (int done = 0; done < bytes; done += ROW) {
      long i = VectorMemory.known(done);
      // Three sums side by side: one would wait for itself.
      FloatVector s = first ? none : VectorMemory.load(to + i, inside);
      FloatVector t = p3.mul(VectorMemory.broadcast(from + i + 3 * Float.BYTES));
      FloatVector u = p6.mul(VectorMemory.broadcast(from + i + 6 * Float.BYTES));
      s = p0.fma(VectorMemory.broadcast(from + i), s);
      t = p4.fma(VectorMemory.broadcast(from + i + 4 * Float.BYTES), t);
      u = p7.fma(VectorMemory.broadcast(from + i + 7 * Float.BYTES), u);
      s = p1.fma(VectorMemory.broadcast(from + i + Float.BYTES), s);
      t = p5.fma(VectorMemory.broadcast(from + i + 5 * Float.BYTES), t);
      u = p8.fma(VectorMemory.broadcast(from + i + 8 * Float.BYTES), u);
      s = p2.fma(VectorMemory.broadcast(from + i + 2 * Float.BYTES), s);
      FloatVector sum = s.add(t).add(u);
      if (TURNS == 1) {
        VectorMemory.store(sum, to + i);
      } else {
        VectorMemory.store(sum, to + i, inside);
      }
    }
  }
}
