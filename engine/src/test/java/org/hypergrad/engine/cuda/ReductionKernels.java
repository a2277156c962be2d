package org.hypergrad.engine.cuda;

import static org.hypergrad.engine.cuda.PointwiseKernels.reference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.hypergrad.engine.Axes;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.conformance.Layout;
import org.hypergrad.engine.op.ArgReduce;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.Reduce;
import org.hypergrad.engine.op.ReduceKind;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Cases of the family reduce. */
final class ReductionKernels {
  /** Bytes of one part's state, at most. */
  private static final long STATE = 16;

  /**
   * What is reduced.
   *
   * @param axes those that are reduced
   */
  private record Problem(Operands operands, int... axes) {
    Axes reduced() {
      return Axes.of("test", operands.shape(), axes);
    }

    @Override
    public String toString() {
      return operands + " along " + Arrays.toString(axes);
    }
  }

  /** How the work is shared out: threads to an output, how they lie, parts, blocks. */
  private record Sharing(int lanes, int columns, int parts, int gridX) {}

  private ReductionKernels() {}

  private static final List<Sharing> SHARINGS =
      List.of(
          new Sharing(1, 0, 1, 1),
          new Sharing(32, 0, 1, 2),
          new Sharing(256, 0, 1, 1),
          new Sharing(8, 1, 1, 1),
          new Sharing(32, 0, 3, 2),
          new Sharing(16, 1, 5, 3));

  private static List<Problem> problems() {
    Operands cube = new Operands(Shape.of(5, 7, 11), Layout.CONTIGUOUS, 1);
    return List.of(
        new Problem(cube, 0),
        new Problem(cube, 1),
        new Problem(cube, 2),
        new Problem(cube, 0, 2),
        new Problem(cube, 0, 1, 2),
        new Problem(new Operands(cube.shape(), Layout.TRANSPOSED, 1), 1, 2),
        new Problem(new Operands(cube.shape(), Layout.SLICED, 1), 1),
        new Problem(new Operands(cube.shape(), Layout.BROADCAST, 1), 0, 1),
        new Problem(new Operands(Shape.of(1), Layout.CONTIGUOUS, 1), 0),
        new Problem(new Operands(Shape.of(2309), Layout.OFFSET, 1), 0),
        new Problem(new Operands(Shape.of(601, 3), Layout.CONTIGUOUS, 1), 1),
        new Problem(new Operands(Shape.of(3, 0), Layout.CONTIGUOUS, 1), 0));
  }

  static List<KernelCase> cases() {
    List<KernelCase> cases = new ArrayList<>();
    for (ReduceKind kind : ReduceKind.values()) {
      if (kind != ReduceKind.MEAN) {
        cases.add(reduction(kind.name().toLowerCase(Locale.ROOT), kind));
      }
    }
    cases.add(argument("argmax", true));
    cases.add(argument("argmin", false));
    cases.add(new KernelCase(withFinish("ties"), ReductionKernels::ties));
    cases.add(
        KernelCase.of(
            "reduce_extreme_gradient_f32",
            gpu -> {
              gradient(gpu, "reduce_extreme_gradient_f32", ReduceKind.MAX);
              gradient(gpu, "reduce_extreme_gradient_f32", ReduceKind.MIN);
            }));
    for (ReduceKind kind : List.of(ReduceKind.LOG_SUM_EXP, ReduceKind.NORM)) {
      String kernel = "reduce_" + kind.name().toLowerCase(Locale.ROOT) + "_gradient_f32";
      cases.add(KernelCase.of(kernel, gpu -> gradient(gpu, kernel, kind)));
    }
    return cases;
  }

  private static Set<String> withFinish(String name) {
    return Set.of("reduce_" + name + "_f32", "reduce_" + name + "_finish_f32");
  }

  private static KernelCase reduction(String name, ReduceKind kind) {
    return new KernelCase(
        withFinish(name),
        gpu -> {
          for (Problem p : problems()) {
            Tensor x = p.operands.floats(1);
            long count = p.reduced().count(x.shape());
            double divisor = kind == ReduceKind.VARIANCE ? count : 1;
            Op op = new Reduce(kind, p.reduced(), false, 0);
            check(gpu, name, p, x, DType.FLOAT32, divisor, op);
            if (kind == ReduceKind.SUM) {
              Op mean = new Reduce(ReduceKind.MEAN, p.reduced(), false, 0);
              check(gpu, name, p, x, DType.FLOAT32, count, mean);
            }
            if (kind == ReduceKind.VARIANCE && count > 1) {
              Op unbiased = new Reduce(kind, p.reduced(), false, 1);
              check(gpu, name, p, x, DType.FLOAT32, count - 1, unbiased);
            }
          }
        });
  }

  private static KernelCase argument(String name, boolean largest) {
    return new KernelCase(
        withFinish(name),
        gpu -> {
          for (Problem p : problems()) {
            if (p.axes.length == 1) {
              Tensor x = p.operands.floats(1, Math::rint);
              Op op = new ArgReduce(largest, p.axes[0], false);
              check(gpu, name, p, x, DType.INT32, 1, op);
            }
          }
        });
  }

  private static void ties(Gpu gpu) {
    for (Problem p : problems()) {
      Tensor x = p.operands.floats(1, Math::rint);
      Tensor known = extreme(ReduceKind.MAX, p, x, false);
      double[] expected = ties(p, x).toDoubles();
      for (Sharing s : SHARINGS) {
        double[] actual = launch(gpu, "ties", p, x, DType.FLOAT32, known, 1, s);
        Gpu.assertSame("ties of " + p + " by " + s, expected, actual);
      }
    }
  }

  private static Tensor extreme(ReduceKind kind, Problem p, Tensor x, boolean keepAxes) {
    return Dispatch.run(new Reduce(kind, p.reduced(), keepAxes, 0), x)[0];
  }

  /** How many elements equal the maximum, NaN being equal to NaN. */
  private static Tensor ties(Problem p, Tensor x) {
    return equals(x, extreme(ReduceKind.MAX, p, x, true)).sum(p.axes);
  }

  private static Tensor equals(Tensor x, Tensor y) {
    double[] xs = x.toDoubles();
    double[] ys = y.broadcastTo(x.shape()).toDoubles();
    float[] equal = new float[xs.length];
    for (int i = 0; i < equal.length; i++) {
      equal[i] = xs[i] == ys[i] || Double.isNaN(xs[i]) && Double.isNaN(ys[i]) ? 1 : 0;
    }
    return Tensor.of(equal, x.shape().toArray());
  }

  private static void check(
      Gpu gpu, String name, Problem p, Tensor x, DType result, double divisor, Op op) {
    double[] expected = reference(op, x);
    for (Sharing s : SHARINGS) {
      double[] actual = launch(gpu, name, p, x, result, null, divisor, s);
      Gpu.assertClose(name + " of " + p + " by " + s, expected, actual);
      // The number of blocks decides no bit.
      Sharing more = new Sharing(s.lanes, s.columns, s.parts, s.gridX + 3);
      double[] again = launch(gpu, name, p, x, result, null, divisor, more);
      Gpu.assertSame(name + " of " + p + " by " + more, actual, again);
    }
  }

  private static double[] launch(
      Gpu gpu,
      String name,
      Problem p,
      Tensor x,
      DType result,
      Tensor known,
      double divisor,
      Sharing s) {
    Axes axes = p.reduced();
    long count = axes.count(x.shape());
    long outputs = axes.reduce(x.shape(), false).count();
    DeviceMemory y = gpu.block(outputs * result.bytes());
    DeviceMemory partial = gpu.block(outputs * s.parts * STATE);
    Launch launch = gpu.launch("reduce_" + name + "_f32", s.gridX);
    if (s.parts == 1) {
      launch.pointer(y).nullPointer();
    } else {
      launch.nullPointer().pointer(partial);
    }
    DeviceMemory elements = gpu.upload(x.segment());
    launch.pointer(elements, x.offset() * x.dtype().bytes());
    if (known != null) {
      launch.pointer(gpu.upload(known));
    }
    walk(launch, x, axes, false);
    walk(launch, x, axes, true);
    launch.int64(outputs).int64(count).int64(s.parts).int32(s.lanes).int32(s.columns);
    launch.float64(divisor).run();
    if (s.parts > 1) {
      Launch finish = gpu.launch("reduce_" + name + "_finish_f32", s.gridX);
      finish.pointer(y).pointer(partial).int64(outputs).int64(count).int64(s.parts);
      finish.float64(divisor).run();
    }
    return gpu.download(y, result);
  }

  /** Extents and strides of the axes that are reduced, or of those that are not. */
  private static void walk(Launch launch, Tensor x, Axes axes, boolean reduced) {
    int[] chosen =
        IntStream.range(0, x.rank()).filter(axis -> axes.contains(axis) == reduced).toArray();
    launch.strided(
        Arrays.stream(chosen).mapToLong(x::extent).toArray(),
        Arrays.stream(chosen).mapToLong(x::stride).toArray());
  }

  private static void gradient(Gpu gpu, String kernel, ReduceKind kind) {
    for (Problem p : problems()) {
      if (p.operands.shape().count() == 0) {
        continue;
      }
      boolean extreme = kind == ReduceKind.MAX || kind == ReduceKind.MIN;
      Tensor x = p.operands.floats(1, extreme ? Math::rint : v -> v);
      Tensor y = extreme(kind, p, x, true);
      Tensor dy = new Operands(y.shape(), Layout.CONTIGUOUS, 1).floats(2);
      double[] expected = reference(new Reduce.Gradient(kind, p.reduced()), dy, x, y);
      DeviceMemory dx = gpu.block(x.count() * Float.BYTES);
      DeviceMemory dys = gpu.upload(dy);
      DeviceMemory ys = gpu.upload(y);
      DeviceMemory xs = gpu.upload(x.segment());
      DeviceMemory counts = gpu.upload(equals(x, y).sum(p.axes));
      Launch launch = gpu.launch(kernel, 2).pointer(dx).pointer(dys);
      launch.pointer(xs, x.offset() * Float.BYTES).pointer(ys);
      if (extreme) {
        launch.pointer(counts);
      }
      launch.strided(x.shape().toArray(), x.strides(), y.broadcastTo(x.shape()).strides());
      launch.int64(x.count()).run();
      Gpu.assertClose(kernel + " of " + p, expected, gpu.download(dx, DType.FLOAT32));
    }
  }
}
