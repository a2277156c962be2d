package org.hypergrad.engine.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.hypergrad.engine.Tensor;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.LaunchShape;

/** Norms of many tensors, which a table in device memory lists: two launches for all. */
final class CudaNorms {
  private static final String OP = "norms";

  private final Kernels kernels;

  CudaNorms(Kernels kernels) {
    this.kernels = kernels;
  }

  void norms(Tensor[] in, Tensor out) {
    Tensor[] dense = new Tensor[in.length];
    long largest = 1;
    for (int i = 0; i < in.length; i++) {
      dense[i] = in[i].contiguous();
      largest = Math.max(largest, dense[i].count());
    }
    LaunchShape shape = CudaDescent.shape(in.length, largest);
    MemorySegment rows = table(dense);
    try (DeviceMemory table = kernels.scratch(OP, rows.byteSize());
        DeviceMemory partial =
            kernels.scratch(OP, (long) in.length * shape.gridX() * Double.BYTES)) {
      kernels.upload(rows, table);
      kernels
          .launch("optimizer_squares_f32", shape)
          .pointer(partial)
          .pointer(table)
          .int32(in.length)
          .run();
      Kernels.pointer(kernels.blocks(in.length, "optimizer_norms_f32"), out)
          .pointer(partial)
          .int32(in.length)
          .int32(shape.gridX())
          .run();
    }
  }

  /** The kernels' {@code struct Update}, with gradients alone. */
  private static MemorySegment table(Tensor[] tensors) {
    int row = CudaDescent.ROW;
    ByteBuffer rows = ByteBuffer.allocate(tensors.length * row).order(ByteOrder.nativeOrder());
    for (int i = 0; i < tensors.length; i++) {
      rows.putLong(i * row + Long.BYTES, CudaDescent.address(tensors[i]));
      rows.putLong(i * row + CudaDescent.COUNT, tensors[i].count());
    }
    return MemorySegment.ofArray(rows.array());
  }
}
