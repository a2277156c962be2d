package org.hypergrad.engine.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;
import org.hypergrad.kernels.LaunchShape;

/** Steps of optimizers: one launch for all parameters, which a table in device memory lists. */
final class CudaDescent {
  /** Bytes of the kernels' {@code struct Update}. */
  static final int ROW = 64;

  /** Where the count is in it. */
  static final int COUNT = (2 + DescentRule.STATES) * Long.BYTES;

  /** Elements that a block takes at a time. */
  private static final long TAKEN = 4L * Kernels.THREADS;

  /** Blocks of a launch at most, over all parameters. */
  private static final long BLOCKS = 2048;

  private static final int MOST_ROWS = 65_535;

  private final Kernels kernels;

  CudaDescent(Kernels kernels) {
    this.kernels = kernels;
  }

  /** Operands that lie otherwise are copied, and copied back. */
  void descend(Descend op, Tensor[] in) {
    List<Descend.Part> parts = op.parts();
    if (parts.isEmpty()) {
      return;
    }
    Tensor[] dense = new Tensor[in.length];
    long largest = 1;
    for (int i = 0; i < in.length; i++) {
      dense[i] = in[i].contiguous();
      largest = Math.max(largest, dense[i].count());
    }
    MemorySegment rows = table(op, dense);
    try (DeviceMemory table = kernels.scratch(op.name(), rows.byteSize())) {
      kernels.upload(rows, table);
      Launch launch =
          kernels
              .launch("optimizer_" + kernelName(op.rule()) + "_f32", shape(parts.size(), largest))
              .pointer(table)
              .int32(parts.size());
      arguments(op.rule(), launch).run();
    }
    for (int i = 0; i < in.length; i++) {
      if (dense[i] != in[i] && i % op.stride() != 1) {
        in[i].assign(dense[i]);
      }
    }
  }

  /** A launch for some tensors, the largest of so many elements. */
  static LaunchShape shape(int tensors, long largest) {
    int tall = Math.min(tensors, MOST_ROWS);
    int wide = (int) Math.max(1, Math.min(Math.ceilDiv(largest, TAKEN), BLOCKS / tall));
    return new LaunchShape(wide, tall, 1, Kernels.THREADS, 1, 1, 0);
  }

  private static MemorySegment table(Descend op, Tensor[] in) {
    ByteBuffer rows = ByteBuffer.allocate(op.parts().size() * ROW).order(ByteOrder.nativeOrder());
    int next = 0;
    for (Descend.Part part : op.parts()) {
      long count = in[next].count();
      rows.putLong(address(in[next++])).putLong(address(in[next++]));
      for (int s = 0; s < DescentRule.STATES; s++) {
        rows.putLong(op.rule().has(s) ? address(in[next++]) : 0);
      }
      rows.putLong(count).putFloat((float) part.rate());
      rows.putFloat((float) part.a()).putFloat((float) part.b()).putFloat((float) part.c());
    }
    return MemorySegment.ofArray(rows.array());
  }

  static long address(Tensor tensor) {
    return Kernels.block(tensor).address() + Kernels.byteOffset(tensor);
  }

  /** What kernels call a rule. */
  static String kernelName(DescentRule rule) {
    return switch (rule) {
      case DescentRule.Sgd r -> "sgd";
      case DescentRule.Adam r -> "adam";
      case DescentRule.RmsProp r -> "rmsprop";
      case DescentRule.Adagrad r -> "adagrad";
    };
  }

  /** Adds the numbers of a rule, which are the last arguments of its kernels. */
  static Launch arguments(DescentRule rule, Launch launch) {
    return switch (rule) {
      case DescentRule.Sgd r ->
          launch
              .float32((float) r.momentum())
              .float32((float) r.weightDecay())
              .int32(r.nesterov() ? 1 : 0);
      case DescentRule.Adam r ->
          launch
              .float32((float) r.beta1())
              .float32((float) (1 - r.beta1()))
              .float32((float) r.beta2())
              .float32((float) (1 - r.beta2()))
              .float32((float) r.epsilon())
              .float32((float) r.weightDecay());
      case DescentRule.RmsProp r ->
          launch
              .float32((float) r.alpha())
              .float32((float) (1 - r.alpha()))
              .float32((float) r.epsilon())
              .float32((float) r.momentum())
              .float32((float) r.weightDecay());
      case DescentRule.Adagrad r ->
          launch.float32((float) r.epsilon()).float32((float) r.weightDecay());
    };
  }
}
