package org.hypergrad.engine.cuda;

import static org.hypergrad.engine.cuda.PointwiseKernels.reference;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.conformance.Layout;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.Reduction;
import org.hypergrad.engine.op.Softmax;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Cases of the families softmax and cross_entropy: tensors [outer, count, inner]. */
final class SoftmaxKernels {
  private static final List<long[]> SHAPES =
      List.of(
          new long[] {1, 1, 1},
          new long[] {3, 7, 1},
          new long[] {2, 67, 1},
          new long[] {7, 11, 13},
          new long[] {601, 3, 1},
          new long[] {0, 5, 1},
          new long[] {1, 9001, 1});

  private static final int[] LANES = {1, 4, 32, 256};
  private static final int IGNORED = -100;

  private SoftmaxKernels() {}

  static List<KernelCase> cases() {
    List<KernelCase> cases = new ArrayList<>();
    for (boolean log : new boolean[] {false, true}) {
      String name = "softmax_" + (log ? "log" : "value");
      cases.add(KernelCase.of(name + "_f32", gpu -> softmax(gpu, name + "_f32", log)));
      cases.add(
          KernelCase.of(
              name + "_gradient_f32", gpu -> softmaxGradient(gpu, name + "_gradient_f32", log)));
    }
    cases.add(
        new KernelCase(
            Set.of(
                "cross_entropy_loss_f32", "cross_entropy_total_f32", "cross_entropy_gradient_f32"),
            SoftmaxKernels::crossEntropy));
    cases.add(KernelCase.of("cross_entropy_loss_f32", SoftmaxKernels::wrongLabels));
    return cases;
  }

  private static Operands contiguous(long... extents) {
    return new Operands(Shape.of(extents), Layout.CONTIGUOUS, 1);
  }

  private static void softmax(Gpu gpu, String kernel, boolean log) {
    for (long[] shape : SHAPES) {
      Tensor x = contiguous(shape).floats(1, v -> 10 * v);
      double[] expected = reference(new Softmax(1, log), x);
      for (int lanes : LANES) {
        DeviceMemory y = gpu.block(x.count() * Float.BYTES);
        DeviceMemory xs = gpu.upload(x);
        Launch launch = gpu.launch(kernel, 2).pointer(y).pointer(xs);
        launch.int64(shape[0] * shape[2]).int64(shape[1]).int64(shape[2]).int32(lanes).run();
        Gpu.assertClose(
            kernel + " of " + x + " by " + lanes, expected, gpu.download(y, DType.FLOAT32));
      }
    }
  }

  private static void softmaxGradient(Gpu gpu, String kernel, boolean log) {
    for (long[] shape : SHAPES) {
      Tensor dy = contiguous(shape).floats(1);
      Tensor y = contiguous(shape).floats(2, v -> log ? v - 2 : Math.abs(v));
      double[] expected = reference(new Softmax.Gradient(1, log), dy, y);
      for (int lanes : LANES) {
        DeviceMemory dx = gpu.block(y.count() * Float.BYTES);
        DeviceMemory dys = gpu.upload(dy);
        DeviceMemory ys = gpu.upload(y);
        Launch launch = gpu.launch(kernel, 2).pointer(dx).pointer(dys).pointer(ys);
        launch.int64(shape[0] * shape[2]).int64(shape[1]).int64(shape[2]).int32(lanes).run();
        Gpu.assertClose(
            kernel + " of " + y + " by " + lanes, expected, gpu.download(dx, DType.FLOAT32));
      }
    }
  }

  private static Tensor labels(long[] shape) {
    SplittableRandom random = new SplittableRandom(3);
    int[] labels = new int[(int) (shape[0] * shape[2])];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i % 5 == 4 ? IGNORED : random.nextInt((int) shape[1]);
    }
    return Tensor.of(labels, shape[0], shape[2]);
  }

  private static void crossEntropy(Gpu gpu) {
    for (long[] shape : SHAPES) {
      Tensor logits = contiguous(shape).floats(1, v -> 10 * v);
      Tensor labels = labels(shape);
      Tensor weights = contiguous(shape[1]).floats(4, v -> v + 2.5);
      for (int lanes : new int[] {1, 32, 256}) {
        for (double smoothing : new double[] {0, 0.125}) {
          for (Reduction reduction : Reduction.values()) {
            CrossEntropy op = new CrossEntropy(reduction, smoothing, IGNORED);
            new Loss(gpu, op, shape, lanes, logits, labels).check();
            new Loss(gpu, op, shape, lanes, logits, labels, weights).check();
          }
        }
      }
    }
  }

  /** One loss and its gradient; inputs are logits, labels and perhaps weights. */
  private record Loss(Gpu gpu, CrossEntropy op, long[] shape, int lanes, Tensor... in) {
    long examples() {
      return shape[0] * shape[2];
    }

    void check() {
      String what = op + " of " + in[0] + (in.length > 2 ? " with weights" : "") + " by " + lanes;
      DeviceMemory logits = gpu.upload(in[0]);
      DeviceMemory labels = gpu.upload(in[1]);
      DeviceMemory weights = in.length > 2 ? gpu.upload(in[2]) : null;
      DeviceMemory losses = gpu.block(examples() * Float.BYTES);
      DeviceMemory fault = fault(gpu);
      Launch forward = gpu.launch("cross_entropy_loss_f32", 2);
      forward.pointer(losses).pointer(fault).pointer(logits).pointer(labels);
      weights(forward, weights).int64(examples()).int64(shape[1]).int64(shape[2]);
      forward.int32(lanes).int32(op.ignoredLabel()).float64(op.labelSmoothing()).run();
      assertEquals(Long.MAX_VALUE, fault(gpu, fault), what);

      DeviceMemory loss = gpu.block(Float.BYTES);
      DeviceMemory total = gpu.block(Float.BYTES);
      Launch sum = gpu.launch("cross_entropy_total_f32", 1);
      sum.pointer(loss).pointer(total).pointer(losses).pointer(labels);
      weights(sum, weights).int64(examples()).int64(shape[1]).int32(op.ignoredLabel());
      sum.int32(op.reduction() == Reduction.MEAN ? 1 : 0).run();
      DeviceMemory result = op.reduction() == Reduction.NONE ? losses : loss;
      Gpu.assertClose(what, reference(op, in), gpu.download(result, DType.FLOAT32));

      Tensor dy =
          op.reduction() == Reduction.NONE
              ? contiguous(shape[0], shape[2]).floats(5)
              : Tensor.scalar(0.75f);
      DeviceMemory dx = gpu.block(in[0].count() * Float.BYTES);
      DeviceMemory dys = gpu.upload(dy);
      Launch backward = gpu.launch("cross_entropy_gradient_f32", 2);
      backward.pointer(dx).pointer(dys).pointer(logits).pointer(labels);
      weights(backward, weights).pointer(total).int64(examples()).int64(shape[1]);
      backward.int64(shape[2]).int32(lanes).int32(dy.rank() == 0 ? 0 : 1);
      backward.int32(op.ignoredLabel()).float64(op.labelSmoothing()).run();
      Tensor[] all = new Tensor[in.length + 1];
      all[0] = dy;
      System.arraycopy(in, 0, all, 1, in.length);
      Gpu.assertClose(
          "gradient of " + what,
          reference(new CrossEntropy.Gradient(op), all),
          gpu.download(dx, DType.FLOAT32));
    }

    private static Launch weights(Launch launch, DeviceMemory weights) {
      return weights == null ? launch.nullPointer() : launch.pointer(weights);
    }
  }

  /** A place for the lowest fault, none yet. */
  static DeviceMemory fault(Gpu gpu) {
    return gpu.upload(MemorySegment.ofArray(new long[] {Long.MAX_VALUE}));
  }

  static long fault(Gpu gpu, DeviceMemory fault) {
    return gpu.download(fault).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
  }

  private static void wrongLabels(Gpu gpu) {
    int[][] cases = {{0, 3, 2, -1, 4}, {0, 1, 2, -1, 1}, {IGNORED, 1, 2, 0, 3}};
    long[] first = {1, 3, 4};
    for (int i = 0; i < cases.length; i++) {
      DeviceMemory fault = fault(gpu);
      DeviceMemory logits = gpu.upload(contiguous(5, 3, 1).floats(1, v -> v));
      DeviceMemory labels = gpu.upload(MemorySegment.ofArray(cases[i]));
      Launch launch = gpu.launch("cross_entropy_loss_f32", 1);
      launch.pointer(gpu.block(5 * Float.BYTES)).pointer(fault).pointer(logits).pointer(labels);
      launch.nullPointer().int64(5).int64(3).int64(1).int32(32).int32(IGNORED).float64(0).run();
      assertEquals(first[i], fault(gpu, fault));
    }
  }
}
