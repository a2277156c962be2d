package org.hypergrad.engine.cuda;

import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.conformance.Layout;
import org.hypergrad.engine.op.LayerNorm;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Cases of the family normalisation: x [rows, size]. */
final class NormalisationKernels {
  private static final double EPSILON = 1e-5;
  private static final long[][] SHAPES = {{1, 1}, {3, 7}, {5, 67}, {601, 3}, {0, 5}, {2, 9001}};
  private static final int[] LANES = {1, 32, 256};

  private NormalisationKernels() {}

  static List<KernelCase> cases() {
    return List.of(
        KernelCase.of("normalisation_layer_f32", NormalisationKernels::forward),
        KernelCase.of("normalisation_layer_gradient_f32", NormalisationKernels::gradient),
        KernelCase.of("normalisation_layer_parameters_f32", NormalisationKernels::parameters));
  }

  private static Tensor floats(long salt, long... extents) {
    return new Operands(Shape.of(extents), Layout.CONTIGUOUS, 1).floats(salt);
  }

  private static void forward(Gpu gpu) {
    for (long[] shape : SHAPES) {
      Tensor x = floats(1, shape);
      Tensor scale = floats(2, shape[1]);
      Tensor shift = floats(3, shape[1]);
      Tensor[] expected = Dispatch.run(new LayerNorm(EPSILON), x, scale, shift);
      for (int lanes : LANES) {
        DeviceMemory y = gpu.block(x.count() * Float.BYTES);
        DeviceMemory mean = gpu.block(shape[0] * Float.BYTES);
        DeviceMemory inverse = gpu.block(shape[0] * Float.BYTES);
        DeviceMemory xs = gpu.upload(x);
        DeviceMemory scales = gpu.upload(scale);
        DeviceMemory shifts = gpu.upload(shift);
        Launch launch = gpu.launch("normalisation_layer_f32", 2);
        launch.pointer(y).pointer(mean).pointer(inverse).pointer(xs).pointer(scales);
        launch.pointer(shifts).int64(shape[0]).int64(shape[1]).int32(lanes);
        launch.float64(EPSILON).run();
        String what = "layer_norm of " + x + " by " + lanes;
        Gpu.assertClose(what, expected[0].toDoubles(), gpu.download(y, DType.FLOAT32));
        Gpu.assertClose(what, expected[1].toDoubles(), gpu.download(mean, DType.FLOAT32));
        Gpu.assertClose(what, expected[2].toDoubles(), gpu.download(inverse, DType.FLOAT32));
      }
    }
  }

  /** The inputs of a gradient: dy, x, scale, and the statistics of x. */
  private static Tensor[] inputs(long[] shape) {
    Tensor x = floats(1, shape);
    Tensor scale = floats(2, shape[1]);
    Tensor[] forward = Dispatch.run(new LayerNorm(EPSILON), x, scale, scale);
    return new Tensor[] {floats(3, shape), x, scale, forward[1], forward[2]};
  }

  private static void gradient(Gpu gpu) {
    for (long[] shape : SHAPES) {
      Tensor[] in = inputs(shape);
      double[] expected = Dispatch.run(new LayerNorm.Gradient(), in)[0].toDoubles();
      for (int lanes : LANES) {
        DeviceMemory dx = gpu.block(in[1].count() * Float.BYTES);
        List<DeviceMemory> blocks = List.of(in).stream().map(gpu::upload).toList();
        Launch launch = gpu.launch("normalisation_layer_gradient_f32", 2).pointer(dx);
        blocks.forEach(launch::pointer);
        launch.int64(shape[0]).int64(shape[1]).int32(lanes).run();
        Gpu.assertClose(
            "gradient of " + in[1] + " by " + lanes, expected, gpu.download(dx, DType.FLOAT32));
      }
    }
  }

  private static void parameters(Gpu gpu) {
    for (long[] shape : SHAPES) {
      Tensor[] in = inputs(shape);
      Tensor[] expected = Dispatch.run(new LayerNorm.Gradient(), in);
      for (int lanes : LANES) {
        for (int parts : new int[] {1, 3}) {
          DeviceMemory dscale = gpu.block(parts * shape[1] * Float.BYTES);
          DeviceMemory dshift = gpu.block(parts * shape[1] * Float.BYTES);
          List<DeviceMemory> blocks =
              List.of(in[0], in[1], in[3], in[4]).stream().map(gpu::upload).toList();
          Launch launch = gpu.launch("normalisation_layer_parameters_f32", 2);
          launch.pointer(dscale).pointer(dshift);
          blocks.forEach(launch::pointer);
          launch.int64(shape[0]).int64(shape[1]).int64(parts).int32(lanes).run();
          String what = "gradient of the parameters with " + in[1] + " in " + parts + " parts";
          Gpu.assertClose(what, expected[1].toDoubles(), sum(gpu, dscale, parts));
          Gpu.assertClose(what, expected[2].toDoubles(), sum(gpu, dshift, parts));
        }
      }
    }
  }

  private static double[] sum(Gpu gpu, DeviceMemory block, int parts) {
    double[] all = gpu.download(block, DType.FLOAT32);
    double[] sum = new double[all.length / parts];
    for (int i = 0; i < all.length; i++) {
      sum[i % sum.length] += all[i];
    }
    return sum;
  }
}
