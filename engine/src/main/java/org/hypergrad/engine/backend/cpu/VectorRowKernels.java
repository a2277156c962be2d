package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.hypergrad.engine.backend.cpu.loops.VectorMemory;

/**
 * The rows by vector instructions. Lanes are added up one after another, since the order of {@code
 * reduceLanes} is not fixed for sums; there is no {@code lanewise(EXP)}, which rounds otherwise
 * when it is compiled.
 */
final class VectorRowKernels extends PlainRowKernels {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());
  private static final VectorSpecies<Double> D = DoubleVector.SPECIES_PREFERRED;

  /** As many floats as {@link #D} has doubles. */
  private static final VectorSpecies<Float> HALF =
      VectorSpecies.of(float.class, VectorShape.forBitSize(D.vectorBitSize() / 2));

  private static final int DOUBLES = D.length();
  private static final int FLOATS = F.length();

  /** Address of the first of {@code n} floats. */
  private static long address(MemorySegment x, long at, int n) {
    return VectorMemory.address(x, at << 2, (long) n << 2);
  }

  private static FloatVector load(long x, long i) {
    return VectorMemory.load(F, x + (i << 2));
  }

  private static void store(FloatVector value, long x, long i) {
    VectorMemory.store(value, x + (i << 2));
  }

  private static DoubleVector wide(long x, long i) {
    return (DoubleVector)
        VectorMemory.load(HALF, x + (i << 2)).convertShape(VectorOperators.F2D, D, 0);
  }

  private static double lanes(DoubleVector v) {
    double sum = 0;
    for (double lane : v.toArray()) {
      sum += lane;
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

  @Override
  public float max(MemorySegment x, long at, int n) {
    if (n < FLOATS) {
      return super.max(x, at, n);
    }
    long xs = address(x, at, n);
    FloatVector max = load(xs, 0);
    int i = FLOATS;
    for (; i <= n - FLOATS; i += FLOATS) {
      max = max.max(load(xs, i));
    }
    return Math.max(max.reduceLanes(VectorOperators.MAX), super.max(x, at + i, n - i));
  }

  @Override
  public float min(MemorySegment x, long at, int n) {
    if (n < FLOATS) {
      return super.min(x, at, n);
    }
    long xs = address(x, at, n);
    FloatVector min = load(xs, 0);
    int i = FLOATS;
    for (; i <= n - FLOATS; i += FLOATS) {
      min = min.min(load(xs, i));
    }
    return Math.min(min.reduceLanes(VectorOperators.MIN), super.min(x, at + i, n - i));
  }

  private static FloatVector exp(FloatVector x) {
    FloatVector bounded = x.min(EXP_HIGH).max(EXP_LOW);
    FloatVector rounded = bounded.mul(LOG2_E).add(ROUND);
    FloatVector n = rounded.sub(ROUND);
    FloatVector r = bounded.sub(n.mul(LN2_HIGH)).sub(n.mul(LN2_LOW));
    FloatVector series = FloatVector.broadcast(F, EXP_SERIES[0]);
    for (int k = 1; k < EXP_SERIES.length; k++) {
      series = series.mul(r).add(EXP_SERIES[k]);
    }
    IntVector exponent = rounded.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUND));
    IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
    return series.mul(power(half)).mul(power(exponent.sub(half)));
  }

  /** 2^n. */
  private static FloatVector power(IntVector n) {
    return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  private static DoubleVector part(FloatVector x, int part) {
    return (DoubleVector) x.convertShape(VectorOperators.F2D, D, part);
  }

  /** exp(x - shift) of the last elements of a row, fewer than a vector has; 0 in other lanes. */
  private static FloatVector lastExponentials(long x, VectorMask<Float> there, float shift) {
    FloatVector e = exp(VectorMemory.load(x, there).sub(shift));
    return FloatVector.zero(F).blend(e, there);
  }

  @Override
  public double exponentials(MemorySegment x, long at, int n, float shift) {
    DoubleVector a = DoubleVector.zero(D);
    DoubleVector b = a;
    long xs = address(x, at, n);
    int i = 0;
    for (; i <= n - FLOATS; i += FLOATS) {
      FloatVector e = exp(load(xs, i).sub(shift));
      a = a.add(part(e, 0));
      b = b.add(part(e, 1));
    }
    if (i < n) {
      FloatVector e = lastExponentials(xs + ((long) i << 2), F.indexInRange(i, n), shift);
      a = a.add(part(e, 0));
      b = b.add(part(e, 1));
    }
    return lanes(a.add(b));
  }

  @Override
  public double exp(MemorySegment x, long at, MemorySegment y, long to, int n, float shift) {
    DoubleVector a = DoubleVector.zero(D);
    DoubleVector b = a;
    long xs = address(x, at, n);
    long ys = address(y, to, n);
    int i = 0;
    for (; i <= n - FLOATS; i += FLOATS) {
      FloatVector e = exp(load(xs, i).sub(shift));
      store(e, ys, i);
      a = a.add(part(e, 0));
      b = b.add(part(e, 1));
    }
    if (i < n) {
      VectorMask<Float> there = F.indexInRange(i, n);
      FloatVector e = lastExponentials(xs + ((long) i << 2), there, shift);
      VectorMemory.store(e, ys + ((long) i << 2), there);
      a = a.add(part(e, 0));
      b = b.add(part(e, 1));
    }
    return lanes(a.add(b));
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

  @Override
  public void addTo(double[] sums, MemorySegment x, long at, int n) {
    long xs = address(x, at, n);
    int i = 0;
    for (; i <= n - DOUBLES; i += DOUBLES) {
      DoubleVector.fromArray(D, sums, i).add(wide(xs, i)).intoArray(sums, i);
    }
    addTo(sums, x, at, i, n);
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
