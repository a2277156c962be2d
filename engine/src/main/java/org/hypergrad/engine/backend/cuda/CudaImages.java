package org.hypergrad.engine.backend.cuda;

import org.hypergrad.engine.Tensor;
import org.hypergrad.kernels.Launch;

/** Images [N, C, H, W] on their way into a network. */
final class CudaImages {
  /** Pixels of a channel that a block of the kernels moves at a time. */
  private static final long CHUNK = 4L * Kernels.THREADS;

  private final Kernels kernels;

  CudaImages(Kernels kernels) {
    this.kernels = kernels;
  }

  /** Inputs images, windows, scale, shift. Images are read as they lie, if densely. */
  void cropMirrorNormalise(Tensor[] in, Tensor out) {
    boolean interleaved = !in[0].isContiguous() && in[0].permute(0, 2, 3, 1).isContiguous();
    Tensor images = interleaved ? in[0] : in[0].contiguous();
    Tensor windows = in[1].contiguous();
    Tensor scale = in[2].contiguous();
    Tensor shift = in[3].contiguous();
    long chunks = Math.ceilDiv(out.extent(2) * out.extent(3), CHUNK);
    Launch launch =
        kernels.blocks(
            out.extent(0) * chunks, interleaved ? "image_interleaved_f32" : "image_planes_f32");
    Kernels.pointers(launch, out, images, windows, scale, shift)
        .int64(out.extent(0))
        .int64(out.extent(1))
        .int64(out.extent(2))
        .int64(out.extent(3))
        .int64(images.extent(2))
        .int64(images.extent(3))
        .run();
  }
}
