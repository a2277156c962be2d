package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.Reduction;
import org.hypergrad.engine.op.Softmax;

/** Softmax and the loss on top of it: loops over rows of classes. */
final class CpuLosses {
  /** Exponentials that are worth a thread of their own. */
  private static final long GRAIN = 2048;

  /** What a row costs beside its exponentials, in exponentials. */
  private static final long ROW = 50;

  /** Losses that are added up before the sums of such blocks are. */
  private static final int BLOCK = 64;

  private CpuLosses() {}

  private static long rowsPerThread(long n) {
    return Math.max(1, GRAIN / (n + ROW));
  }

  /** Computes rows [.., n] of y from rows of inputs that are as contiguous as y; y may be one. */
  @FunctionalInterface
  private interface Rows {
    void run(Tensor[] in, Tensor y);
  }

  /** Runs on tensors with {@code axis} as the last one: the given ones if it is, else copies. */
  private static void alongLast(int axis, Tensor[] in, Tensor out, Rows rows) {
    Scope.run(
        () -> {
          int last = out.rank() - 1;
          Tensor[] moved = new Tensor[in.length];
          for (int i = 0; i < in.length; i++) {
            moved[i] = axis == last ? in[i].contiguous() : lastAxis(in[i], axis).copy();
          }
          Tensor y = axis == last ? out : moved[0];
          rows.run(moved, y);
          if (axis != last) {
            out.assign(y.permute(fromLast(out.rank(), axis)));
          }
        });
  }

  /** The tensor with {@code axis} moved behind all others. */
  private static Tensor lastAxis(Tensor x, int axis) {
    int last = x.rank() - 1;
    return x.permute(
        IntStream.rangeClosed(0, last).map(i -> i < axis ? i : i < last ? i + 1 : axis).toArray());
  }

  /** The order that undoes {@link #lastAxis}. */
  private static int[] fromLast(int rank, int axis) {
    return IntStream.range(0, rank).map(i -> i < axis ? i : i == axis ? rank - 1 : i - 1).toArray();
  }

  static void softmax(ThreadTeam team, Softmax op, Tensor x, Tensor y) {
    RowKernels kernels = RowKernels.best();
    alongLast(
        op.axis(),
        new Tensor[] {x},
        y,
        (in, out) -> {
          MemorySegment source = in[0].segment();
          MemorySegment target = out.segment();
          int n = Math.toIntExact(out.extent(-1));
          team.run(
              n == 0 ? 0 : out.count() / n,
              rowsPerThread(n),
              (from, to) -> {
                for (long row = from; row < to; row++) {
                  long at = in[0].offset() + row * n;
                  long place = out.offset() + row * n;
                  float max = kernels.max(source, at, n);
                  if (op.log()) {
                    double log = Math.log(kernels.exponentials(source, at, n, max));
                    kernels.subtract(source, at, target, place, n, max, log);
                  } else {
                    double sum = kernels.exp(source, at, target, place, n, max);
                    kernels.scale(target, place, n, (float) (1 / sum));
                  }
                }
              });
        });
  }

  static void softmaxGradient(ThreadTeam team, Softmax.Gradient op, Tensor[] in, Tensor dx) {
    RowKernels kernels = RowKernels.best();
    alongLast(
        op.axis(),
        in,
        dx,
        (moved, out) -> {
          MemorySegment dy = moved[0].segment();
          MemorySegment y = moved[1].segment();
          MemorySegment target = out.segment();
          int n = Math.toIntExact(out.extent(-1));
          team.run(
              n == 0 ? 0 : out.count() / n,
              rowsPerThread(n),
              (from, to) -> {
                for (long row = from; row < to; row++) {
                  long given = moved[0].offset() + row * n;
                  long result = moved[1].offset() + row * n;
                  long place = out.offset() + row * n;
                  double sum =
                      op.log() ? kernels.sum(dy, given, n) : kernels.dot(dy, given, y, result, n);
                  for (int i = 0; i < n; i++) {
                    double d = PlainRowKernels.get(dy, given + i);
                    float v = PlainRowKernels.get(y, result + i);
                    double g = op.log() ? d - Math.exp(v) * sum : v * (d - sum);
                    PlainRowKernels.set(target, place + i, (float) g);
                  }
                }
              });
        });
  }

  /** The examples' labels, checked, and the weights of their classes. */
  private static final class Targets {
    private final CrossEntropy op;
    private final int[] labels;
    private final float[] weights;
    private final double smoothed;

    /** Sum over the classes. */
    private final double allWeights;

    Targets(CrossEntropy op, Tensor logits, Tensor labels, Tensor weights) {
      this.op = op;
      this.labels = labels.toInts();
      this.weights = weights == null ? null : weights.toFloats();
      long classes = logits.extent(1);
      this.smoothed = op.labelSmoothing() / classes;
      for (int label : this.labels) {
        if (label != op.ignoredLabel() && (label < 0 || label >= classes)) {
          throw new ArgumentException(
              op.name(),
              "label out of range",
              "label " + label + " with " + logits.shape(),
              "0 <= label < " + classes + ", or the ignored " + op.ignoredLabel(),
              "");
        }
      }
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += weight(c);
      }
      allWeights = sum;
    }

    boolean ignored(long example) {
      return labels[(int) example] == op.ignoredLabel();
    }

    int label(long example) {
      return labels[(int) example];
    }

    double weight(int c) {
      return weights == null ? 1 : weights[c];
    }

    /** What -log softmax of the label is multiplied by. */
    double labelFactor(int label) {
      return weight(label) * (smoothed + (1 - op.labelSmoothing()));
    }

    /** What -log softmax of any other class is multiplied by. */
    double otherFactor(int c) {
      return weight(c) * smoothed;
    }

    /** The sum of an example's factors. */
    double factors(int label) {
      return allWeights * smoothed + weight(label) * (1 - op.labelSmoothing());
    }

    /** What the mean divides by. */
    double total() {
      double total = 0;
      for (int label : labels) {
        total += label == op.ignoredLabel() ? 0 : weight(label);
      }
      return total;
    }
  }

  private static Targets targets(CrossEntropy op, Tensor[] in, int first) {
    return new Targets(op, in[first], in[first + 1], in.length > first + 2 ? in[first + 2] : null);
  }

  static void crossEntropy(ThreadTeam team, CrossEntropy op, Tensor[] in, Tensor y) {
    Targets targets = targets(op, in, 0);
    long examples = in[1].count();
    int classes = Math.toIntExact(in[0].extent(1));
    boolean each = op.reduction() == Reduction.NONE;
    double[] sums = new double[Math.toIntExact(Math.ceilDiv(examples, BLOCK))];
    MemorySegment target = y.segment();
    Scope.run(
        () -> {
          Tensor rows = lastAxis(in[0], 1).contiguous();
          MemorySegment logits = rows.segment();
          team.run(
              sums.length,
              Math.max(1, rowsPerThread(classes) / BLOCK),
              (from, to) -> {
                for (int block = (int) from; block < to; block++) {
                  long end = Math.min(examples, (block + 1L) * BLOCK);
                  for (long i = (long) block * BLOCK; i < end; i++) {
                    double loss =
                        targets.ignored(i)
                            ? 0
                            : loss(targets, i, logits, rows.offset() + i * classes, classes);
                    sums[block] += loss;
                    if (each) {
                      PlainRowKernels.set(target, y.offset() + i, (float) loss);
                    }
                  }
                }
              });
        });
    if (!each) {
      double sum = 0;
      for (double part : sums) {
        sum += part;
      }
      boolean mean = op.reduction() == Reduction.MEAN;
      PlainRowKernels.set(target, y.offset(), (float) (mean ? sum / targets.total() : sum));
    }
  }

  private static double loss(Targets targets, long i, MemorySegment x, long at, int n) {
    RowKernels kernels = RowKernels.best();
    int label = targets.label(i);
    float max = kernels.max(x, at, n);
    double log = Math.log(kernels.exponentials(x, at, n, max));
    double loss = term(targets.labelFactor(label), PlainRowKernels.get(x, at + label), max, log);
    if (targets.smoothed != 0) {
      for (int c = 0; c < n; c++) {
        if (c != label) {
          loss += term(targets.otherFactor(c), PlainRowKernels.get(x, at + c), max, log);
        }
      }
    }
    return loss;
  }

  /** A factor of 0 leaves the class out, even if its logarithm is infinite. */
  private static double term(double factor, double x, double max, double log) {
    return factor == 0 ? 0 : -factor * (x - max - log);
  }

  static void crossEntropyGradient(
      ThreadTeam team, CrossEntropy.Gradient op, Tensor[] in, Tensor dx) {
    CrossEntropy forward = op.forward();
    Targets targets = targets(forward, in, 1);
    double total = forward.reduction() == Reduction.MEAN ? targets.total() : 1;
    float[] dy = in[0].toFloats();
    boolean each = forward.reduction() == Reduction.NONE;
    alongLast(
        1,
        new Tensor[] {in[1]},
        dx,
        (moved, out) -> {
          MemorySegment x = moved[0].segment();
          MemorySegment target = out.segment();
          int n = Math.toIntExact(out.extent(-1));
          team.run(
              in[2].count(),
              rowsPerThread(n),
              (from, to) -> {
                for (long i = from; i < to; i++) {
                  long at = moved[0].offset() + i * n;
                  long place = out.offset() + i * n;
                  if (targets.ignored(i)) {
                    target.asSlice(place * 4, n * 4L).fill((byte) 0);
                  } else {
                    double scale = dy[each ? (int) i : 0] / total;
                    gradient(targets, targets.label(i), scale, x, at, target, place, n);
                  }
                }
              });
        });
  }

  private static void gradient(
      Targets targets,
      int label,
      double scale,
      MemorySegment x,
      long at,
      MemorySegment dx,
      long to,
      int n) {
    RowKernels kernels = RowKernels.best();
    float atLabel = PlainRowKernels.get(x, at + label);
    float max = kernels.max(x, at, n);
    double sum = kernels.exp(x, at, dx, to, n, max);
    double factors = targets.factors(label);
    kernels.scale(dx, to, n, (float) (scale * factors / sum));
    for (int c = 0; targets.smoothed != 0 && c < n; c++) {
      float softmax = PlainRowKernels.get(dx, to + c);
      PlainRowKernels.set(dx, to + c, (float) (softmax - scale * targets.otherFactor(c)));
    }
    // In double, since a confident prediction leaves little of this difference.
    double probability = Math.exp((double) atLabel - max) / sum;
    double atTarget = scale * (probability * factors - targets.labelFactor(label));
    PlainRowKernels.set(dx, to + label, (float) atTarget);
  }
}
