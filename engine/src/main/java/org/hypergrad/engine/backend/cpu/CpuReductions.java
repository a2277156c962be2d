package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.op.ArgReduce;
import org.hypergrad.engine.op.Reduce;
import org.hypergrad.engine.op.TopK;

/** Ops that take the elements along some axes to one, or choose among them. */
final class CpuReductions {
  /** Elements that are worth a thread of their own. */
  private static final long GRAIN = 8192;

  /** Elements whose squares are added up by one thread. */
  private static final int PIECE = 4096;

  private CpuReductions() {}

  static void reduce(ThreadTeam team, Reduce op, Tensor x, Tensor y) {
    long n = op.axes().count(x.shape());
    MemorySegment target = y.segment();
    Scope.run(
        () -> {
          Folding folding = new Folding(team, x, op.axes());
          folding.forEachUnit(
              unit -> {
                double[] values = values(folding, op, n, unit);
                for (int i = 0; i < values.length; i++) {
                  long at = y.offset() + folding.result(unit, i);
                  PlainRowKernels.set(target, at, (float) values[i]);
                }
              });
        });
  }

  /** Pieces of all tensors, one after another; the sums of a tensor's meet in their order. */
  static void norms(ThreadTeam team, Tensor[] in, Tensor y) {
    Tensor[] x = new Tensor[in.length];
    int[] first = new int[in.length + 1];
    for (int i = 0; i < x.length; i++) {
      x[i] = in[i].contiguous();
      first[i + 1] = Math.toIntExact(first[i] + Math.ceilDiv(x[i].count(), PIECE));
    }
    double[] squares = new double[first[x.length]];
    team.run(
        squares.length,
        (double) GRAIN / PIECE,
        (from, to) -> {
          for (int i = 0; i < x.length; i++) {
            for (long p = Math.max(from, first[i]); p < Math.min(to, first[i + 1]); p++) {
              long at = (p - first[i]) * PIECE;
              int n = (int) Math.min(PIECE, x[i].count() - at);
              squares[(int) p] =
                  RowKernels.best().squares(x[i].segment(), x[i].offset() + at, n, 0);
            }
          }
        });
    for (int i = 0; i < x.length; i++) {
      double sum = 0;
      for (int p = first[i]; p < first[i + 1]; p++) {
        sum += squares[p];
      }
      PlainRowKernels.set(y.segment(), y.offset() + i, (float) Math.sqrt(sum));
    }
  }

  private static double[] values(Folding folding, Reduce op, long n, long unit) {
    double[] values =
        switch (op.kind()) {
          case SUM, MEAN -> folding.fold(Fold.SUM, unit);
          case MAX -> folding.fold(Fold.MAX, unit);
          case MIN -> folding.fold(Fold.MIN, unit);
          case NORM -> folding.fold(Fold.SQUARES, unit);
          case VARIANCE -> {
            double[] mean = folding.fold(Fold.SUM, unit);
            Arrays.setAll(mean, i -> mean[i] / n);
            yield folding.fold(Fold.SQUARES, unit, mean);
          }
          case LOG_SUM_EXP -> {
            double[] shift = folding.fold(Fold.MAX, unit);
            Arrays.setAll(shift, i -> Double.isInfinite(shift[i]) ? 0 : shift[i]);
            double[] sums = folding.fold(Fold.EXPONENTIALS, unit, shift);
            Arrays.setAll(sums, i -> shift[i] + Math.log(sums[i]));
            yield sums;
          }
        };
    switch (op.kind()) {
      case MEAN -> Arrays.setAll(values, i -> values[i] / n);
      case VARIANCE -> Arrays.setAll(values, i -> values[i] / Math.max(0, n - op.correction()));
      case NORM -> Arrays.setAll(values, i -> Math.sqrt(values[i]));
      case SUM, MAX, MIN, LOG_SUM_EXP -> {}
    }
    return values;
  }

  /** dy and y have extent 1 along the reduced axes. */
  static void gradient(ThreadTeam team, Reduce.Gradient op, Tensor[] in, Tensor dx) {
    Tensor dy = in[0];
    Tensor x = in[1];
    Tensor y = in[2];
    Shape groups = y.shape();
    Shape members = Shape.generate(x.rank(), i -> op.axes().contains(i) ? x.shape().extent(i) : 1);
    Grid group = new Grid(groups.toArray(), x.strides());
    Grid from = new Grid(members.toArray(), x.strides());
    Grid to = new Grid(members.toArray(), dx.strides());
    Grid target = new Grid(groups.toArray(), dx.strides());
    Grid ofGradient = new Grid(groups.toArray(), dy.strides());
    Grid ofResult = new Grid(groups.toArray(), y.strides());
    MemorySegment values = x.segment();
    MemorySegment gradients = dx.segment();
    MemorySegment results = y.segment();
    MemorySegment given = dy.segment();
    long n = members.count();
    team.run(
        groups.count(),
        Math.max(1, GRAIN / Math.max(1, n)),
        (first, last) -> {
          for (long g = first; g < last; g++) {
            long at = x.offset() + group.at(g);
            double result = PlainRowKernels.get(results, y.offset() + ofResult.at(g));
            double gradient = PlainRowKernels.get(given, dy.offset() + ofGradient.at(g));
            Share share = share(op, result, gradient, values, at, from, n);
            long start = dx.offset() + target.at(g);
            for (long i = 0; i < n; i++) {
              double value = PlainRowKernels.get(values, at + from.at(i));
              PlainRowKernels.set(gradients, start + to.at(i), (float) share.of(value));
            }
          }
        });
  }

  /** The gradient that an element of this value has. */
  @FunctionalInterface
  private interface Share {
    double of(double value);
  }

  private static Share share(
      Reduce.Gradient op, double y, double dy, MemorySegment x, long at, Grid from, long n) {
    return switch (op.kind()) {
      case MAX, MIN -> {
        long ties = 0;
        for (long i = 0; i < n; i++) {
          ties += same(PlainRowKernels.get(x, at + from.at(i)), y) ? 1 : 0;
        }
        double part = dy / ties;
        yield value -> same(value, y) ? part : 0;
      }
      case LOG_SUM_EXP -> value -> y == Double.NEGATIVE_INFINITY ? 0 : dy * Math.exp(value - y);
      case NORM -> value -> y == 0 ? 0 : dy * value / y;
      case SUM, MEAN, VARIANCE -> throw new IllegalStateException(op.name());
    };
  }

  private static boolean same(double a, double b) {
    return a == b || (Double.isNaN(a) && Double.isNaN(b));
  }

  static void argReduce(ThreadTeam team, ArgReduce op, Tensor x, Tensor y) {
    Grid lanes = Grid.without(x, op.axis());
    long n = x.extent(op.axis());
    long step = x.stride(op.axis());
    DType dtype = x.dtype();
    MemorySegment values = x.segment();
    MemorySegment target = y.segment();
    team.run(
        lanes.count(),
        Math.max(1, GRAIN / Math.max(1, n)),
        (from, to) -> {
          for (long lane = from; lane < to; lane++) {
            long at = x.offset() + lanes.at(lane);
            int best = 0;
            double value = Elements.get(dtype, values, at);
            for (int i = 1; i < n && value == value; i++) {
              double next = Elements.get(dtype, values, at + i * step);
              if (next != next || (op.largest() ? next > value : next < value)) {
                best = i;
                value = next;
              }
            }
            target.set(ValueLayout.JAVA_INT_UNALIGNED, (y.offset() + lane) * 4, best);
          }
        });
  }

  /** Sorts keys of a value's rank, largest first, above its index. */
  static void topK(ThreadTeam team, TopK op, Tensor x, Tensor[] out) {
    Grid lanes = Grid.without(x, op.axis());
    Grid chosen = Grid.without(out[0], op.axis());
    int n = Math.toIntExact(x.extent(op.axis()));
    long step = x.stride(op.axis());
    long outStep = out[0].stride(op.axis());
    MemorySegment source = x.segment();
    MemorySegment values = out[0].segment();
    MemorySegment indices = out[1].segment();
    team.run(
        lanes.count(),
        Math.max(1, GRAIN / 16 / Math.max(1, n)),
        (from, to) -> {
          long[] keys = new long[n];
          for (long lane = from; lane < to; lane++) {
            long at = x.offset() + lanes.at(lane);
            for (int i = 0; i < n; i++) {
              keys[i] = rank(PlainRowKernels.get(source, at + i * step)) << 32 | i;
            }
            Arrays.sort(keys);
            long place = chosen.at(lane);
            for (int k = 0; k < op.k(); k++, place += outStep) {
              int index = (int) keys[k];
              float value = PlainRowKernels.get(source, at + index * step);
              PlainRowKernels.set(values, out[0].offset() + place, value);
              indices.set(ValueLayout.JAVA_INT_UNALIGNED, (out[1].offset() + place) * 4, index);
            }
          }
        });
  }

  /** An int that falls as the value rises: NaN first, and both zeros alike. */
  private static long rank(float value) {
    // Adding 0 turns -0 into 0; the bits of negative floats rise as these fall.
    int bits = Float.floatToIntBits(value + 0f);
    return ~(bits ^ (bits >> 31 & Integer.MAX_VALUE));
  }
}
