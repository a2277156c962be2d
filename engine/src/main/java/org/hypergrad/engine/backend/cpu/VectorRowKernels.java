package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.hypergrad.engine.backend.cpu.loops.SeparateCode;
import org.hypergrad.engine.backend.cpu.loops.VectorMath;
import org.hypergrad.engine.backend.cpu.loops.VectorMemory;
import org.hypergrad.engine.backend.cpu.loops.VectorWidth;

/**
 * The rows by vector instructions. Lanes are added up one after another, since the order of {@code
 * reduceLanes} is not fixed for sums; there is no {@code lanewise(EXP)}, which rounds otherwise
 * when it is compiled.
 */
final class VectorRowKernels extends PlainRowKernels {
  private static final VectorSpecies<Float> F = VectorWidth.FLOATS;
  private static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, VectorWidth.SHAPE);
  private static final VectorSpecies<Double> D = VectorSpecies.of(double.class, VectorWidth.SHAPE);

  /** As many floats as {@link #D} has doubles. */
  private static final VectorSpecies<Float> HALF =
      VectorSpecies.of(float.class, VectorShape.forBitSize(D.vectorBitSize() / 2));

  private static final int DOUBLES = D.length();
  private static final int FLOATS = F.length();

  /** Where a vector's lanes are put to be added up. */
  private static final ThreadLocal<double[]> LANES =
      ThreadLocal.withInitial(() -> new double[DOUBLES]);

  private static final ThreadLocal<float[]> FLOAT_LANES =
      ThreadLocal.withInitial(() -> new float[FLOATS]);

  /** One vector in memory. */
  private static final ThreadLocal<MemorySegment> REST =
      ThreadLocal.withInitial(
          () -> Arena.ofAuto().allocate(F.vectorByteSize(), F.vectorByteSize()));

  /**
   * Rows whose columns are added up before those of the next: so few that all of them is cached.
   */
  private static final int STRIP = 16;

  /** Elements whose exponentials add up in float, 16 to a lane, before they do in double. */
  private static final int BLOCK = 16 * FLOATS;

  private final MethodHandle exponentials =
      SeparateCode.of(
          MethodHandles.lookup(),
          "exponentials",
          double.class,
          long.class,
          long.class,
          int.class,
          float.class);

  private final MethodHandle exp =
      SeparateCode.of(
          MethodHandles.lookup(),
          "exp",
          double.class,
          long.class,
          long.class,
          long.class,
          int.class,
          float.class);

  /** Address of the first of {@code n} floats. */
  private static long address(MemorySegment x, long at, int n) {
    return VectorMemory.address(x, at << 2, (long) n << 2);
  }

  private static FloatVector load(long x, long i) {
    return VectorMemory.load(F, VectorMemory.known(x) + (i << 2));
  }

  private static void store(FloatVector value, long x, long i) {
    VectorMemory.store(value, VectorMemory.known(x) + (i << 2));
  }

  private static DoubleVector wide(long x, long i) {
    return (DoubleVector)
        VectorMemory.load(HALF, VectorMemory.known(x) + (i << 2))
            .convertShape(VectorOperators.F2D, D, 0);
  }

  private static double lanes(DoubleVector v) {
    double[] lanes = LANES.get();
    v.intoArray(lanes, 0);
    double sum = 0;
    for (int i = 0; i < DOUBLES; i++) {
      sum += lanes[i];
    }
    return sum;
  }

  @Override
  public double sum(MemorySegment x, long at, int n) {
    int step = 4 * DOUBLES;
    if (n < step) {
      return super.sum(x, at, n);
    }
    DoubleVector a = DoubleVector.zero(D);
    DoubleVector b = a;
    DoubleVector c = a;
    DoubleVector d = a;
    long xs = address(x, at, n);
    int i = 0;
    for (; i <= n - step; i += step) {
      a = a.add(wide(xs, i));
      b = b.add(wide(xs, i + DOUBLES));
      c = c.add(wide(xs, i + 2 * DOUBLES));
      d = d.add(wide(xs, i + 3 * DOUBLES));
    }
    return lanes(a.add(b).add(c.add(d))) + super.sum(x, at + i, n - i);
  }

  @Override
  public double squares(MemorySegment x, long at, int n, double shift) {
    int step = 2 * DOUBLES;
    if (n < step) {
      return super.squares(x, at, n, shift);
    }
    DoubleVector a = DoubleVector.zero(D);
    DoubleVector b = a;
    long xs = address(x, at, n);
    int i = 0;
    for (; i <= n - step; i += step) {
      DoubleVector u = wide(xs, i).sub(shift);
      DoubleVector v = wide(xs, i + DOUBLES).sub(shift);
      a = a.add(u.mul(u));
      b = b.add(v.mul(v));
    }
    return lanes(a.add(b)) + super.squares(x, at + i, n - i, shift);
  }

  @Override
  public double dot(MemorySegment x, long at, MemorySegment y, long to, int n) {
    int step = 2 * DOUBLES;
    if (n < step) {
      return super.dot(x, at, y, to, n);
    }
    DoubleVector a = DoubleVector.zero(D);
    DoubleVector b = a;
    long xs = address(x, at, n);
    long ys = address(y, to, n);
    int i = 0;
    for (; i <= n - step; i += step) {
      a = a.add(wide(xs, i).mul(wide(ys, i)));
      b = b.add(wide(xs, i + DOUBLES).mul(wide(ys, i + DOUBLES)));
    }
    return lanes(a.add(b)) + super.dot(x, at + i, y, to + i, n - i);
  }

  /**
   * Where a vector lies of what is left beside whole ones, filled up; anywhere if nothing is left.
   */
  private static long padded(MemorySegment x, long at, int n, float with) {
    int left = n % FLOATS;
    MemorySegment rest = REST.get();
    if (left > 0) {
      for (int i = 0; i < FLOATS; i++) {
        set(rest, i, i < left ? get(x, at + n - left + i) : with);
      }
    }
    return rest.address();
  }

  // Whole vectors and what is left go through one loop, of which two copies would be too much code
  // to keep vectors in registers.

  @Override
  public float max(MemorySegment x, long at, int n) {
    long xs = address(x, at, n);
    long rest = padded(x, at, n, Float.NEGATIVE_INFINITY);
    FloatVector max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < n; i += FLOATS) {
      max = max.max(load(i <= n - FLOATS ? xs + ((long) i << 2) : rest, 0));
    }
    return max.reduceLanes(VectorOperators.MAX);
  }

  @Override
  public float min(MemorySegment x, long at, int n) {
    long xs = address(x, at, n);
    long rest = padded(x, at, n, Float.POSITIVE_INFINITY);
    FloatVector min = FloatVector.broadcast(F, Float.POSITIVE_INFINITY);
    for (int i = 0; i < n; i += FLOATS) {
      min = min.min(load(i <= n - FLOATS ? xs + ((long) i << 2) : rest, 0));
    }
    return min.reduceLanes(VectorOperators.MIN);
  }

  private static double lanes(FloatVector v) {
    float[] lanes = FLOAT_LANES.get();
    v.intoArray(lanes, 0);
    double sum = 0;
    for (int i = 0; i < FLOATS; i++) {
      sum += lanes[i];
    }
    return sum;
  }

  @Override
  public double exponentials(MemorySegment x, long at, int n, float shift) {
    long xs = address(x, at, n);
    long rest = padded(x, at, n, Float.NEGATIVE_INFINITY);
    try {
      return (double) exponentials.invokeExact(xs, rest, n, shift);
    } catch (Throwable thrown) {
      throw SeparateCode.failure(thrown);
    }
  }

  private static double exponentials(long xs, long rest, int n, float shift) {
    double sum = 0;
    for (int from = 0; from < n; from += BLOCK) {
      FloatVector some = FloatVector.zero(F);
      for (int i = from; i < Math.min(from + BLOCK, n); i += FLOATS) {
        FloatVector v = load(i <= n - FLOATS ? xs + ((long) i << 2) : rest, 0);
        some = some.add(VectorMath.exp(v.sub(shift)));
      }
      sum += lanes(some);
    }
    return sum;
  }

  @Override
  public double exp(MemorySegment x, long at, MemorySegment y, long to, int n, float shift) {
    long xs = address(x, at, n);
    long ys = address(y, to, n);
    long rest = padded(x, at, n, Float.NEGATIVE_INFINITY);
    double sum;
    try {
      sum = (double) exp.invokeExact(xs, ys, rest, n, shift);
    } catch (Throwable thrown) {
      throw SeparateCode.failure(thrown);
    }
    int left = n % FLOATS;
    MemorySegment.copy(REST.get(), 0, y, (to + n - left) << 2, (long) left << 2);
    return sum;
  }

  private static double exp(long xs, long ys, long rest, int n, float shift) {
    double sum = 0;
    for (int from = 0; from < n; from += BLOCK) {
      FloatVector some = FloatVector.zero(F);
      for (int i = from; i < Math.min(from + BLOCK, n); i += FLOATS) {
        boolean whole = i <= n - FLOATS;
        long done = (long) i << 2;
        FloatVector e = VectorMath.exp(load(whole ? xs + done : rest, 0).sub(shift));
        store(e, whole ? ys + done : rest, 0);
        some = some.add(e);
      }
      sum += lanes(some);
    }
    return sum;
  }

  @Override
  public void scale(MemorySegment x, long at, int n, float factor) {
    long xs = address(x, at, n);
    int i = 0;
    for (; i <= n - FLOATS; i += FLOATS) {
      store(load(xs, i).mul(factor), xs, i);
    }
    super.scale(x, at + i, n - i, factor);
  }

  @Override
  public void subtract(
      MemorySegment x, long at, MemorySegment y, long to, int n, double a, double b) {
    long xs = address(x, at, n);
    long ys = address(y, to, n);
    int i = 0;
    for (; i <= n - DOUBLES; i += DOUBLES) {
      FloatVector v =
          (FloatVector) wide(xs, i).sub(a).sub(b).convertShape(VectorOperators.D2F, HALF, 0);
      store(v, ys, i);
    }
    super.subtract(x, at + i, y, to + i, n - i, a, b);
  }

  /** Strips of rows, and in each some columns at a time, whose sums stay in registers. */
  @Override
  public void addTo(double[] sums, MemorySegment x, long at, int n, long stride, long rows) {
    long step = stride << 2;
    for (long first = 0; first < rows; first += STRIP) {
      long count = Math.min(STRIP, rows - first);
      long xs =
          VectorMemory.address(x, (at + first * stride) << 2, ((count - 1) * stride + n) << 2);
      int i = 0;
      for (; i <= n - 4 * DOUBLES; i += 4 * DOUBLES) {
        addFour(sums, i, xs, count, step);
      }
      for (; i < n; i += DOUBLES) {
        addOne(sums, i, xs, count, step, D.indexInRange(i, n), HALF.indexInRange(i, n));
      }
    }
  }

  private static void addFour(double[] sums, int i, long xs, long rows, long step) {
    DoubleVector a = DoubleVector.fromArray(D, sums, i);
    DoubleVector b = DoubleVector.fromArray(D, sums, i + DOUBLES);
    DoubleVector c = DoubleVector.fromArray(D, sums, i + 2 * DOUBLES);
    DoubleVector d = DoubleVector.fromArray(D, sums, i + 3 * DOUBLES);
    long row = xs;
    for (long done = 0; done < rows; done++, row += step) {
      a = a.add(wide(row, i));
      b = b.add(wide(row, i + DOUBLES));
      c = c.add(wide(row, i + 2 * DOUBLES));
      d = d.add(wide(row, i + 3 * DOUBLES));
    }
    a.intoArray(sums, i);
    b.intoArray(sums, i + DOUBLES);
    c.intoArray(sums, i + 2 * DOUBLES);
    d.intoArray(sums, i + 3 * DOUBLES);
  }

  private static void addOne(
      double[] sums,
      int i,
      long xs,
      long rows,
      long step,
      VectorMask<Double> there,
      VectorMask<Float> halfThere) {
    DoubleVector a = DoubleVector.fromArray(D, sums, i, there);
    long row = xs + ((long) i << 2);
    for (long done = 0; done < rows; done++, row += step) {
      FloatVector x = VectorMemory.load(HALF, row, halfThere);
      a = a.add((DoubleVector) x.convertShape(VectorOperators.F2D, D, 0));
    }
    a.intoArray(sums, i, there);
  }

  @Override
  public void add(MemorySegment x, long at, int n, float[] terms) {
    long xs = address(x, at, n);
    int i = 0;
    for (; i <= n - FLOATS; i += FLOATS) {
      store(load(xs, i).add(FloatVector.fromArray(F, terms, i)), xs, i);
    }
    add(x, at, i, n, terms);
  }

  @Override
  public void win(float[] best, int[] places, MemorySegment x, long at, int n, int place) {
    long xs = address(x, at, n);
    int i = 0;
    for (; i <= n - FLOATS; i += FLOATS) {
      FloatVector value = load(xs, i);
      FloatVector old = FloatVector.fromArray(F, best, i);
      VectorMask<Float> wins =
          value.compare(VectorOperators.LE, old).not().and(old.compare(VectorOperators.EQ, old));
      old.blend(value, wins).intoArray(best, i);
      IntVector.fromArray(I, places, i).blend(place, wins.cast(I)).intoArray(places, i);
    }
    win(best, places, x, at, i, n, place);
  }
}
