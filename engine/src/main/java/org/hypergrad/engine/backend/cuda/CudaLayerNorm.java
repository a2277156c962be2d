package org.hypergrad.engine.backend.cuda;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.LayerNorm;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Layer normalisation: a row of x for each statistic. */
final class CudaLayerNorm {
  private final Kernels kernels;
  private final CudaReductions reductions;

  CudaLayerNorm(Kernels kernels, CudaReductions reductions) {
    this.kernels = kernels;
    this.reductions = reductions;
  }

  void forward(LayerNorm op, Tensor[] in, Tensor[] out) {
    Tensor x = in[0].contiguous();
    Tensor scale = in[1].contiguous();
    Tensor shift = in[2].contiguous();
    long rows = out[1].count();
    int lanes = Team.lanes(scale.count(), false);
    Launch launch = kernels.blocks(Team.tiles(rows, lanes), "normalisation_layer_f32");
    Kernels.pointers(launch, out[0], out[1], out[2], x, scale, shift)
        .int64(rows)
        .int64(scale.count())
        .int32(lanes)
        .float64(op.epsilon())
        .run();
  }

  /** Inputs dy, x, scale, mean, inverse. */
  void gradient(Tensor[] in, Tensor[] out) {
    Tensor dy = in[0].contiguous();
    Tensor x = in[1].contiguous();
    Tensor scale = in[2].contiguous();
    Tensor mean = in[3].contiguous();
    Tensor inverse = in[4].contiguous();
    long rows = mean.count();
    long size = scale.count();
    if (x.count() > 0) {
      int lanes = Team.lanes(size, false);
      Launch launch = kernels.blocks(Team.tiles(rows, lanes), "normalisation_layer_gradient_f32");
      Kernels.pointers(launch, out[0], dy, x, scale, mean, inverse)
          .int64(rows)
          .int64(size)
          .int32(lanes)
          .run();
    }
    int lanes = Team.lanes(rows, true);
    long parts = Team.parts(size, rows, lanes);
    try (DeviceMemory dscale = kernels.scratch("layer_norm gradient", parts * size * Float.BYTES);
        DeviceMemory dshift = kernels.scratch("layer_norm gradient", parts * size * Float.BYTES)) {
      Launch launch =
          kernels.blocks(Team.tiles(size, lanes) * parts, "normalisation_layer_parameters_f32");
      Kernels.pointers(launch.pointer(dscale).pointer(dshift), dy, x, mean, inverse)
          .int64(rows)
          .int64(size)
          .int64(parts)
          .int32(lanes)
          .run();
      reductions.sumRows(dscale, parts, size, out[1]);
      reductions.sumRows(dshift, parts, size, out[2]);
    }
  }
}
