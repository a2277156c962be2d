package org.hypergrad.engine.cuda;

import static org.hypergrad.engine.cuda.PointwiseKernels.reference;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.conformance.Layout;
import org.hypergrad.engine.op.Dropout;
import org.hypergrad.engine.op.RandomNormal;
import org.hypergrad.engine.op.RandomUniform;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/**
 * Cases of the family random: the same streams as on the host, uniform ones and masks to the bit.
 */
final class RandomKernels {
  private static final long[] COUNTS = {0, 1, 3, 67, 10_007};
  private static final long SEED = 0x1234_5678_9abc_def0L;
  private static final long STREAM = (7L << 40) + 11;

  private RandomKernels() {}

  static List<KernelCase> cases() {
    return List.of(
        KernelCase.of("random_uniform_f32", RandomKernels::uniform),
        KernelCase.of("random_normal_f32", RandomKernels::normal),
        KernelCase.of("random_dropout_f32", RandomKernels::dropout));
  }

  private static Launch stream(Launch launch, long n) {
    return launch.int64(n).int64(SEED).int64(STREAM).nullPointer();
  }

  /** The same stream, from device memory; what the launch itself says does not count. */
  private static Launch drawn(Gpu gpu, Launch launch, long n) {
    DeviceMemory stream = gpu.upload(MemorySegment.ofArray(new long[] {SEED, STREAM}));
    return launch.int64(n).int64(1).int64(2).pointer(stream);
  }

  private static void uniform(Gpu gpu) {
    for (long n : COUNTS) {
      RandomUniform op = new RandomUniform(Spec.of(DType.FLOAT32, n), SEED, STREAM, -0.3, 1.7);
      DeviceMemory y = gpu.block(n * Float.BYTES);
      stream(gpu.launch("random_uniform_f32", 2).pointer(y), n)
          .float64(-0.3)
          .float64(1.7 - -0.3)
          .run();
      Gpu.assertSame("uniform " + n, reference(op), gpu.download(y, DType.FLOAT32));
      DeviceMemory again = gpu.block(n * Float.BYTES);
      drawn(gpu, gpu.launch("random_uniform_f32", 2).pointer(again), n)
          .float64(-0.3)
          .float64(1.7 - -0.3)
          .run();
      Gpu.assertSame("drawn " + n, reference(op), gpu.download(again, DType.FLOAT32));
    }
  }

  private static void normal(Gpu gpu) {
    for (long n : COUNTS) {
      DeviceMemory y = gpu.block(n * Float.BYTES);
      Launch launch = gpu.launch("random_normal_f32", 2).pointer(y);
      stream(launch, n).float32(0.5f).float32(2).run();
      RandomNormal op = new RandomNormal(Spec.of(DType.FLOAT32, n), SEED, STREAM, 0.5, 2);
      Gpu.assertClose("normal " + n, reference(op), gpu.download(y, DType.FLOAT32));
    }
  }

  private static void dropout(Gpu gpu) {
    for (long n : COUNTS) {
      for (double probability : new double[] {0, 0.1, 0.5, 1}) {
        // An offset of one element takes the loads and stores of four away.
        for (int offset = 0; offset < 2; offset++) {
          Tensor x = new Operands(Shape.of(n + offset), Layout.CONTIGUOUS, 1).floats(1);
          Tensor part = x.slice(0, offset, n + offset);
          Dropout op = new Dropout(probability, SEED, STREAM);
          DeviceMemory y = gpu.block(n * Float.BYTES);
          DeviceMemory xs = gpu.upload(x);
          Launch launch = gpu.launch("random_dropout_f32", 2).pointer(y);
          launch.pointer(xs, (long) offset * Float.BYTES);
          stream(launch, n).int32((int) Math.ceil(probability * (1 << 24)));
          launch.float32((float) op.scale()).run();
          Gpu.assertClose(op + " of " + n, reference(op, part), gpu.download(y, DType.FLOAT32));
        }
      }
    }
  }
}
