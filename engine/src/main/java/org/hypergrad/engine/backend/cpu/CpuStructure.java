package org.hypergrad.engine.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.Arange;
import org.hypergrad.engine.op.Concat;
import org.hypergrad.engine.op.Gather;
import org.hypergrad.engine.op.OneHot;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.Pad;
import org.hypergrad.engine.op.Slice;

/** Ops that move elements. What can be said as a copy into a view is. */
final class CpuStructure {
  /** Elements that are worth a thread of their own. */
  private static final long GRAIN = 16_384;

  private CpuStructure() {}

  /** Copies between any strides, row by row along the last axis; at once where both are dense. */
  static void copy(ThreadTeam team, Tensor source, Tensor target) {
    int bytes = source.dtype().bytes();
    if (source.rank() == 0) {
      move(source.segment(), source.offset(), target.segment(), target.offset(), bytes);
      return;
    }
    int last = source.rank() - 1;
    long n = source.extent(last);
    long step = source.stride(last);
    long targetStep = target.stride(last);
    Grid from = Grid.without(source, last);
    Grid to = Grid.without(target, last);
    MemorySegment x = source.segment();
    MemorySegment y = target.segment();
    team.run(
        from.count(),
        Math.max(1, GRAIN / Math.max(1, n)),
        (first, end) -> {
          for (long row = first; row < end; row++) {
            long at = source.offset() + from.at(row);
            long place = target.offset() + to.at(row);
            if (step == 1 && targetStep == 1) {
              MemorySegment.copy(x, at * bytes, y, place * bytes, n * bytes);
            } else {
              for (long i = 0; i < n; i++) {
                move(x, at + i * step, y, place + i * targetStep, bytes);
              }
            }
          }
        });
  }

  static void concat(Concat op, Tensor[] in, Tensor y) {
    Scope.run(
        () -> {
          long start = 0;
          for (Tensor x : in) {
            long end = start + x.extent(op.axis());
            y.slice(op.axis(), start, end).assign(x);
            start = end;
          }
        });
  }

  static void pad(Pad op, Tensor x, Tensor y) {
    y.fill(op.value());
    Scope.run(
        () -> {
          Tensor inside = y;
          for (int i = 0; i < x.rank(); i++) {
            long start = op.before().get(i);
            inside = inside.slice(i, start, start + x.extent(i));
          }
          inside.assign(x);
        });
  }

  static void sliceGradient(Slice.Gradient op, Tensor dy, Tensor dx) {
    Slice slice = op.slice();
    dx.fill(0);
    Scope.run(() -> dx.slice(slice.axis(), slice.start(), slice.stop(), slice.step()).assign(dy));
  }

  /** The rows along the last axis of some tensors, walked in step. */
  private static final class Picks {
    private final Op op;
    private final MemorySegment index;
    private final long indexOffset;
    private final Grid indexRows;
    private final long indexStep;
    private final long extent;
    private final long axisStride;
    private final long rows;
    private final long n;

    /**
     * @param index [.., k, ..]: what it picks
     * @param whole [.., extent, ..]: what it picks from
     */
    Picks(Op op, int axis, Tensor index, Tensor whole) {
      int last = index.rank() - 1;
      this.op = op;
      this.index = index.segment();
      this.indexOffset = index.offset();
      this.indexRows = Grid.without(index, last);
      this.indexStep = index.stride(last);
      this.extent = whole.extent(axis);
      this.axisStride = whole.stride(axis);
      this.n = index.extent(last);
      this.rows = indexRows.count();
    }

    /** The rows of the whole, at index 0 of its axis. */
    static Grid rows(Tensor index, Tensor whole, int axis) {
      int last = index.rank() - 1;
      long[] strides = whole.strides();
      strides[axis] = 0;
      return new Grid(Grid.drop(index.shape().toArray(), last), Grid.drop(strides, last));
    }

    /** From element {@code i} of a row to its pick. */
    long distance(long row, long i) {
      long at = indexOffset + indexRows.at(row) + i * indexStep;
      return checked(op, index.get(JAVA_INT_UNALIGNED, at * 4), extent) * axisStride;
    }

    boolean isWholeRow() {
      return indexStep == 0 && n > 1;
    }
  }

  private static int checked(Op op, int index, long extent) {
    if (index < 0 || index >= extent) {
      throw new ArgumentException(
          op.name(), "index out of range", "index " + index, "0 <= index < " + extent, "");
    }
    return index;
  }

  static void gather(ThreadTeam team, Gather op, Tensor x, Tensor index, Tensor y) {
    int last = x.rank() - 1;
    Picks picks = new Picks(op, op.axis(), index, x);
    Grid from = Picks.rows(index, x, op.axis());
    Grid to = Grid.without(y, last);
    long step = op.axis() == last ? 0 : x.stride(last);
    long target = y.stride(last);
    boolean wholeRows = picks.isWholeRow() && step == 1 && target == 1;
    int bytes = x.dtype().bytes();
    MemorySegment source = x.segment();
    MemorySegment result = y.segment();
    team.run(
        picks.rows,
        Math.max(1, GRAIN / Math.max(1, picks.n)),
        (first, end) -> {
          for (long row = first; row < end; row++) {
            long at = x.offset() + from.at(row);
            long place = y.offset() + to.at(row);
            if (wholeRows) {
              MemorySegment.copy(
                  source,
                  (at + picks.distance(row, 0)) * bytes,
                  result,
                  place * bytes,
                  picks.n * bytes);
              continue;
            }
            for (long i = 0; i < picks.n; i++) {
              move(
                  source,
                  at + i * step + picks.distance(row, i),
                  result,
                  place + i * target,
                  bytes);
            }
          }
        });
  }

  private static void move(MemorySegment x, long at, MemorySegment y, long to, int bytes) {
    if (bytes == 1) {
      y.set(JAVA_BYTE, to, x.get(JAVA_BYTE, at));
    } else {
      y.set(JAVA_INT_UNALIGNED, to * 4, x.get(JAVA_INT_UNALIGNED, at * 4));
    }
  }

  /**
   * Threads share the rows where a row is a lane of its own, and else the columns, so that each sum
   * is taken by one thread in row-major order.
   */
  static void scatterAdd(ThreadTeam team, Gather.ScatterAdd op, Tensor x, Tensor index, Tensor y) {
    int last = x.rank() - 1;
    y.fill(0);
    Picks picks = new Picks(op, op.axis(), index, y);
    Grid from = Grid.without(x, last);
    Grid to = Picks.rows(index, y, op.axis());
    boolean alongRows = op.axis() == last;
    long step = x.stride(last);
    long target = alongRows ? 0 : y.stride(last);
    MemorySegment source = x.segment();
    MemorySegment sums = y.segment();
    long across = alongRows ? picks.n : picks.rows;
    team.run(
        alongRows ? picks.rows : picks.n,
        Math.max(1, GRAIN / Math.max(1, across)),
        (first, end) -> {
          for (long row = alongRows ? first : 0; row < (alongRows ? end : picks.rows); row++) {
            long at = x.offset() + from.at(row);
            long place = y.offset() + to.at(row);
            for (long i = alongRows ? 0 : first; i < (alongRows ? picks.n : end); i++) {
              long sum = place + i * target + picks.distance(row, i);
              float value = PlainRowKernels.get(source, at + i * step);
              PlainRowKernels.set(sums, sum, PlainRowKernels.get(sums, sum) + value);
            }
          }
        });
  }

  static void oneHot(ThreadTeam team, OneHot op, Tensor labels, Tensor y) {
    y.fill(0);
    Grid places = new Grid(labels.shape().toArray(), labels.strides());
    MemorySegment source = labels.segment();
    MemorySegment target = y.segment();
    team.run(
        labels.count(),
        GRAIN,
        (from, to) -> {
          for (long i = from; i < to; i++) {
            long at = labels.offset() + places.at(i);
            int label = checked(op, source.get(JAVA_INT_UNALIGNED, at * 4), op.classes());
            Elements.set(y.dtype(), target, y.offset() + i * op.classes() + label, 1);
          }
        });
  }

  static void arange(ThreadTeam team, Arange op, Tensor y) {
    MemorySegment target = y.segment();
    team.run(
        y.count(),
        GRAIN,
        (from, to) -> {
          for (long i = from; i < to; i++) {
            Elements.set(y.dtype(), target, y.offset() + i, op.start() + i * op.step());
          }
        });
  }
}
