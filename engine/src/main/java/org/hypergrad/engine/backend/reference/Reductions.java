package org.hypergrad.engine.backend.reference;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.hypergrad.engine.Axes;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.ArgReduce;
import org.hypergrad.engine.op.Reduce;
import org.hypergrad.engine.op.ReduceKind;
import org.hypergrad.engine.op.Softmax;
import org.hypergrad.engine.op.TopK;

/** Ops over all elements along some axes. */
final class Reductions {
  private Reductions() {}

  /** For each element of {@code shape}, in row-major order, the number of its group. */
  private static int[] groups(Shape shape, Axes axes) {
    Shape kept = axes.reduce(shape, true);
    Values numbers = Values.generate(kept, i -> i).broadcast(shape);
    return Arrays.stream(numbers.data()).mapToInt(d -> (int) d).toArray();
  }

  static Values reduce(Reduce op, Values x) {
    int[] group = groups(x.shape(), op.axes());
    Values y = Values.zeros(op.axes().reduce(x.shape(), op.keepAxes()));
    double[][] members = members(group, x.data(), y.count());
    for (int g = 0; g < y.count(); g++) {
      y.data()[g] = value(op.kind(), members[g], op.correction());
    }
    return y;
  }

  static Values norms(Values[] x) {
    return Values.generate(Shape.of(x.length), i -> value(ReduceKind.NORM, x[i].data(), 0));
  }

  private static double[][] members(int[] group, double[] x, int groups) {
    int[] size = new int[groups];
    for (int g : group) {
      size[g]++;
    }
    double[][] members = new double[groups][];
    Arrays.setAll(members, g -> new double[size[g]]);
    Arrays.fill(size, 0);
    for (int i = 0; i < x.length; i++) {
      members[group[i]][size[group[i]]++] = x[i];
    }
    return members;
  }

  private static double value(ReduceKind kind, double[] x, double correction) {
    return switch (kind) {
      case SUM -> sum(x);
      case MEAN -> sum(x) / x.length;
      case MAX -> Arrays.stream(x).reduce(Double.NEGATIVE_INFINITY, Math::max);
      case MIN -> Arrays.stream(x).reduce(Double.POSITIVE_INFINITY, Math::min);
      case VARIANCE -> {
        double mean = sum(x) / x.length;
        double squares = sum(Arrays.stream(x).map(v -> (v - mean) * (v - mean)).toArray());
        yield squares / Math.max(0, x.length - correction);
      }
      case LOG_SUM_EXP -> {
        double max = Arrays.stream(x).reduce(Double.NEGATIVE_INFINITY, Math::max);
        double shift = Double.isInfinite(max) ? 0 : max;
        yield shift + Math.log(sum(Arrays.stream(x).map(v -> Math.exp(v - shift)).toArray()));
      }
      case NORM -> Math.sqrt(sum(Arrays.stream(x).map(v -> v * v).toArray()));
    };
  }

  private static double sum(double[] x) {
    double sum = 0;
    for (double v : x) {
      sum += v;
    }
    return sum;
  }

  static Values gradient(Reduce.Gradient op, Values[] in) {
    Values x = in[1];
    int[] group = groups(x.shape(), op.axes());
    double[] dy = in[0].data();
    double[] y = in[2].data();
    int[] ties = new int[y.length];
    for (int i = 0; i < group.length; i++) {
      ties[group[i]] += same(x.data()[i], y[group[i]]) ? 1 : 0;
    }
    return Values.generate(
        x.shape(),
        i -> {
          int g = group[i];
          double v = x.data()[i];
          return switch (op.kind()) {
            case MAX, MIN -> same(v, y[g]) ? dy[g] / ties[g] : 0;
            case LOG_SUM_EXP -> y[g] == Double.NEGATIVE_INFINITY ? 0 : dy[g] * Math.exp(v - y[g]);
            case NORM -> y[g] == 0 ? 0 : dy[g] * v / y[g];
            case SUM, MEAN, VARIANCE -> throw new IllegalStateException(op.name());
          };
        });
  }

  private static boolean same(double a, double b) {
    return a == b || (Double.isNaN(a) && Double.isNaN(b));
  }

  /** Indices along {@code axis} from {@code start}, the largest first, NaN before all. */
  private static int[] order(Values x, int axis, int start, boolean largest) {
    int inner = x.inner(axis);
    return IntStream.range(0, x.extent(axis))
        .boxed()
        .sorted(
            (i, j) -> {
              double a = x.data()[start + i * inner];
              double b = x.data()[start + j * inner];
              if (Double.isNaN(a) || Double.isNaN(b)) {
                return Boolean.compare(Double.isNaN(b), Double.isNaN(a));
              }
              return a == b ? 0 : a > b == largest ? -1 : 1;
            })
        .mapToInt(i -> i)
        .toArray();
  }

  static Values argReduce(ArgReduce op, Values x) {
    int inner = x.inner(op.axis());
    int extent = x.extent(op.axis());
    Shape shape = x.shape().with(op.axis(), 1);
    return Values.generate(
        shape, g -> order(x, op.axis(), g / inner * extent * inner + g % inner, op.largest())[0]);
  }

  static void topK(TopK op, Values x, Tensor[] out) {
    int inner = x.inner(op.axis());
    int extent = x.extent(op.axis());
    int k = (int) op.k();
    Values values = Values.zeros(out[0].shape());
    Values indices = Values.zeros(out[1].shape());
    int groups = extent == 0 ? 0 : x.count() / extent;
    for (int g = 0; g < groups; g++) {
      int start = g / inner * extent * inner + g % inner;
      int[] order = order(x, op.axis(), start, true);
      for (int j = 0; j < k; j++) {
        int at = g / inner * k * inner + g % inner + j * inner;
        values.data()[at] = x.data()[start + order[j] * inner];
        indices.data()[at] = order[j];
      }
    }
    values.store(out[0]);
    indices.store(out[1]);
  }

  static Values softmax(Softmax op, Values x) {
    Axes axes = new Axes(1 << op.axis());
    int[] group = groups(x.shape(), axes);
    Values max = Values.zeros(axes.reduce(x.shape(), true));
    Arrays.fill(max.data(), Double.NEGATIVE_INFINITY);
    for (int i = 0; i < group.length; i++) {
      max.data()[group[i]] = Math.max(max.data()[group[i]], x.data()[i]);
    }
    double[] sum = new double[max.count()];
    for (int i = 0; i < group.length; i++) {
      sum[group[i]] += Math.exp(x.data()[i] - max.data()[group[i]]);
    }
    return Values.generate(
        x.shape(),
        i -> {
          double shifted = x.data()[i] - max.data()[group[i]];
          return op.log() ? shifted - Math.log(sum[group[i]]) : Math.exp(shifted) / sum[group[i]];
        });
  }

  static Values softmaxGradient(Softmax.Gradient op, Values[] in) {
    Values dy = in[0];
    double[] y = in[1].data();
    Axes axes = new Axes(1 << op.axis());
    int[] group = groups(dy.shape(), axes);
    double[] sum = new double[Values.zeros(axes.reduce(dy.shape(), true)).count()];
    for (int i = 0; i < group.length; i++) {
      sum[group[i]] += op.log() ? dy.data()[i] : dy.data()[i] * y[i];
    }
    return Values.generate(
        dy.shape(),
        i ->
            op.log()
                ? dy.data()[i] - Math.exp(y[i]) * sum[group[i]]
                : y[i] * (dy.data()[i] - sum[group[i]]));
  }
}
