package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.ToLongFunction;
import org.hypergrad.engine.Axes;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;

/**
 * The plan of a reduction: how the axes of x fall into kept and reduced ones. Neighbours that lie
 * without gaps count as one axis. Where the elements next to each other belong to one result, they
 * are taken as rows; where they belong to different results, as columns, many results at a time;
 * where there are no neighbours, x is copied first.
 *
 * <p>The results are cut into units, and the work on a unit, if there are few of them, into parts.
 * All cuts follow from the shape alone, so that the number of threads does not change a bit.
 */
final class Folding {
  /** Elements of a row that are taken at once. */
  private static final int CHUNK = 4096;

  /** Columns, or rows, that are taken together. */
  private static final int TILE = 512;

  /** Elements that are worth a thread of their own. */
  private static final long GRAIN = 32_768;

  private static final int MAX_PARTS = 64;

  /** For all the columns of a tile; nobody writes to it. */
  private static final double[] UNSHIFTED = new double[TILE];

  /** Extent, stride in x, and distance of the results; 0 where the axis is reduced. */
  private record Axis(long extent, long stride, long out) {}

  private final ThreadTeam team;
  private final RowKernels kernels = RowKernels.best();
  private final MemorySegment x;
  private final long offset;
  private final boolean byRows;
  private final Grid kept;
  private final Grid results;
  private final Grid reduced;

  /** Elements of an innermost reduced axis (rows) or an innermost kept axis (columns). */
  private final long run;

  /** From the result of one column to that of the next. */
  private final long resultStep;

  /** Chunks per row, or tiles per row of columns. */
  private final long pieces;

  private final int tile;
  private final long units;
  private final long steps;
  private final int parts;

  /** The plan for a contiguous result; copies of x belong to the current scope. */
  Folding(ThreadTeam team, Tensor tensor, Axes axes) {
    List<Axis> outer = new ArrayList<>();
    List<Axis> inner = new ArrayList<>();
    Tensor source = tensor;
    split(source, axes, outer, inner);
    if (!endsDense(outer) && !endsDense(inner)) {
      source = tensor.contiguous();
      split(source, axes, outer, inner);
    }
    this.team = team;
    this.x = source.segment();
    this.offset = source.offset();
    this.byRows = endsDense(inner) || !endsDense(outer);
    List<Axis> dense = byRows ? inner : outer;
    Axis last = dense.isEmpty() ? new Axis(1, 1, 0) : dense.removeLast();
    this.run = last.extent;
    this.resultStep = last.out;
    this.kept = grid(outer, Axis::stride);
    this.results = grid(outer, Axis::out);
    this.reduced = grid(inner, Axis::stride);
    long count = kept.count();
    this.tile = byRows && count < 2 * TILE ? 1 : byRows ? 16 : TILE;
    this.pieces = Math.ceilDiv(run, byRows ? CHUNK : tile);
    this.units = byRows ? Math.ceilDiv(count, tile) : count * pieces;
    this.steps = byRows ? reduced.count() * pieces : reduced.count();
    this.parts =
        units >= 16
            ? 1
            : Math.clamp(steps * Math.min(run, byRows ? CHUNK : TILE) / GRAIN, 1, MAX_PARTS);
  }

  private static void split(Tensor x, Axes axes, List<Axis> kept, List<Axis> reduced) {
    kept.clear();
    reduced.clear();
    Shape shape = x.shape();
    long out = 1;
    for (int i = shape.rank() - 1; i >= 0; i--) {
      long extent = shape.extent(i);
      boolean isReduced = axes.contains(i);
      if (extent != 1) {
        (isReduced ? reduced : kept).add(new Axis(extent, x.stride(i), isReduced ? 0 : out));
      }
      out *= isReduced ? 1 : extent;
    }
    merge(kept);
    merge(reduced);
  }

  /** Sorts from the largest stride, or none, to the smallest, and joins what has no gaps. */
  private static void merge(List<Axis> axes) {
    axes.sort(
        Comparator.comparingLong((Axis a) -> a.stride == 0 ? Long.MIN_VALUE : -a.stride)
            .thenComparingLong(a -> -a.out));
    for (int i = axes.size() - 1; i > 0; i--) {
      Axis outer = axes.get(i - 1);
      Axis inner = axes.get(i);
      if (outer.stride == inner.extent * inner.stride && outer.out == inner.extent * inner.out) {
        axes.set(i - 1, new Axis(outer.extent * inner.extent, inner.stride, inner.out));
        axes.remove(i);
      }
    }
  }

  private static boolean endsDense(List<Axis> axes) {
    return !axes.isEmpty() && axes.getLast().stride == 1;
  }

  private static Grid grid(List<Axis> axes, ToLongFunction<Axis> stride) {
    long[] extents = new long[axes.size()];
    long[] strides = new long[axes.size()];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = axes.get(i).extent;
      strides[i] = stride.applyAsLong(axes.get(i));
    }
    return new Grid(extents, strides);
  }

  /** Runs {@code body} for each unit. */
  void forEachUnit(LongConsumer body) {
    long work =
        Math.max(1, (byRows ? tile : 1) * reduced.count() * Math.min(run, byRows ? run : tile));
    long grain = parts > 1 ? Long.MAX_VALUE : Math.max(1, GRAIN / work);
    team.run(
        units,
        grain,
        (from, to) -> {
          for (long unit = from; unit < to; unit++) {
            body.accept(unit);
          }
        });
  }

  /** Number of results of a unit. */
  int width(long unit) {
    return (int)
        (byRows
            ? Math.min(tile, kept.count() - unit * tile)
            : Math.min(tile, run - unit % pieces * tile));
  }

  /** Index of result {@code i} of a unit. */
  long result(long unit, int i) {
    return byRows
        ? results.at(unit * tile + i)
        : results.at(unit / pieces) + (unit % pieces * tile + i) * resultStep;
  }

  /** The results of a unit. */
  double[] fold(Fold fold, long unit) {
    return fold(fold, unit, UNSHIFTED);
  }

  /** The results of a unit, each of which has its shift. */
  double[] fold(Fold fold, long unit, double[] shift) {
    if (parts == 1) {
      return part(fold, unit, 0, steps, shift);
    }
    double[][] values = new double[parts][];
    team.run(
        parts,
        1,
        (from, to) -> {
          for (long p = from; p < to; p++) {
            values[(int) p] = part(fold, unit, p * steps / parts, (p + 1) * steps / parts, shift);
          }
        });
    double[] joined = values[0];
    for (int p = 1; p < parts; p++) {
      for (int i = 0; i < joined.length; i++) {
        joined[i] = fold.join(joined[i], values[p][i]);
      }
    }
    return joined;
  }

  private double[] part(Fold fold, long unit, long from, long to, double[] shift) {
    double[] values = new double[width(unit)];
    Arrays.fill(values, fold.identity);
    if (byRows) {
      for (int i = 0; i < values.length; i++) {
        values[i] = row(fold, offset + kept.at(unit * tile + i), from, to, shift[i]);
      }
    } else {
      long at = offset + kept.at(unit / pieces) + unit % pieces * tile;
      long end;
      for (long step = from; step < to; step = end) {
        end = Math.min(to, reduced.runEnd(step));
        long first = at + reduced.at(step);
        long rows = end - step;
        fold.columns(kernels, values, x, first, values.length, shift, reduced.runStride(), rows);
      }
    }
    return values;
  }

  private double row(Fold fold, long at, long from, long to, double shift) {
    double value = fold.identity;
    for (long step = from; step < to; step++) {
      long start = step % pieces * CHUNK;
      int n = (int) Math.min(CHUNK, run - start);
      long place = at + reduced.at(step / pieces) + start;
      value = fold.join(value, fold.row(kernels, x, place, n, shift));
    }
    return value;
  }
}
