package org.hypergrad.bench;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.UnaryOperator;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** The three launches of a step through a learned map, on one tensor of 3 x 3 kernels. */
final class FopRows extends KernelRows {
  private static final int K = 9;

  /** Bytes of the kernels' {@code struct Mapped}, and of their {@code struct Update}. */
  private static final int ROW = 184;

  private final long count = n / K * K;
  private final long bytes = count * Float.BYTES;
  private final int parts;
  private final long sums;
  private final DeviceMemory small;
  private final DeviceMemory partial;
  private final DeviceMemory refused;

  FopRows(KernelRuns runs, int rows, int columns) {
    super(runs, rows, columns);
    parts = runs.blocks();
    sums = (long) parts * (K * K + 1) * Double.BYTES;
    small = runs.upload(MemorySegment.ofArray(new float[8 * K * K]));
    partial = runs.block(sums);
    refused = runs.block(Integer.BYTES);
  }

  @Override
  void all() {
    runs.launch("movement_fill_b32", l -> l.pointer(other).strided(C, C).int64(n).int32(0));
    runs.launch("movement_fill_b32", l -> l.pointer(result).strided(C, C).int64(n).int32(0));
    DeviceMemory table = table(0);
    runs.row("fop_products_f32", 2 * bytes, sums, l -> l.pointer(table).int32(1).float32(0));
    rule("sgd", 1, l -> l.float32(0.9f).float32(0).int32(0));
    rule("adam", 2, l -> floats(l, 0.9f, 0.1f, 0.9f, 0.1f, 1, 0));
    rule("rmsprop", 3, l -> floats(l, 0.9f, 0.1f, 1, 0.1f, 0));
    rule("adagrad", 1, l -> floats(l, 1, 0));
  }

  private static Launch floats(Launch launch, float... values) {
    for (float value : values) {
      launch.float32(value);
    }
    return launch;
  }

  private void rule(String name, int states, UnaryOperator<Launch> scalars) {
    DeviceMemory table = table(states);
    long matrix = (long) K * K * Float.BYTES;
    runs.row(
        "fop_factor_" + name + "_f32",
        "",
        1,
        sums + (1 + states) * matrix,
        (3 + states) * matrix,
        l -> scalars.apply(l.pointer(table).int32(1).int32(0)));
    runs.row(
        "fop_" + name + "_f32",
        (2 + states) * bytes + matrix,
        (1 + states) * bytes,
        l -> scalars.apply(l.pointer(table).int32(1).float32(0)));
  }

  private DeviceMemory table(int states) {
    long matrix = (long) K * K * Float.BYTES;
    long[] large = {y.address(), other.address(), result.address()};
    ByteBuffer row = ByteBuffer.allocate(ROW).order(ByteOrder.nativeOrder());
    row.putLong(z.address()).putLong(x.address());
    for (int s = 0; s < large.length; s++) {
      row.putLong(s < states ? large[s] : 0);
    }
    row.putLong(count).position(row.position() + 4 * Float.BYTES);
    row.putLong(y.address());
    row.putLong(small.address()).putLong(small.address() + matrix);
    for (int s = 0; s < large.length; s++) {
      row.putLong(s < states ? small.address() + (2 + s) * matrix : 0);
    }
    row.putLong((long) K * K).position(row.position() + 4 * Float.BYTES);
    row.putLong(small.address() + 5 * matrix).putLong(small.address() + 6 * matrix);
    row.putLong(partial.address()).putLong(refused.address());
    row.putInt(K).putInt(1).putInt(parts).putFloat(1);
    return runs.upload(MemorySegment.ofArray(row.array()));
  }
}
