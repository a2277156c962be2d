package org.hypergrad.engine.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;
import org.hypergrad.engine.op.PreconditionedDescend;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;
import org.hypergrad.kernels.LaunchShape;

/**
 * Steps of optimizers through learned maps: three launches for all parameters, which a table in
 * device memory lists. The device decides which parameters it refuses.
 */
final class CudaPreconditionedDescent {
  /** Bytes of the kernels' {@code struct Mapped}. */
  private static final int ROW = 184;

  /** Floats of the rows that a block works on at a time, in the kernels too. */
  private static final int CHUNK = 2304;

  /** Blocks of a launch at most, over all parameters. */
  private static final int BLOCKS = 2048;

  private static final int MOST_ROWS = 65_535;

  private final Kernels kernels;

  CudaPreconditionedDescent(Kernels kernels) {
    this.kernels = kernels;
  }

  /** Operands that lie otherwise are copied, and copied back. */
  void descend(PreconditionedDescend op, Tensor[] in, Tensor refused) {
    Tensor[] dense = new Tensor[in.length];
    for (int i = 0; i < in.length; i++) {
      dense[i] = in[i].contiguous();
    }
    Layout[] layouts = layouts(op, dense);
    Layout last = layouts[layouts.length - 1];
    try (DeviceMemory table = kernels.scratch(op.name(), (long) ROW * layouts.length);
        DeviceMemory scratch = kernels.scratch(op.name(), last.end())) {
      kernels.upload(rows(op, dense, layouts, scratch.address(), refused), table);
      launch(op, layouts, table);
    }
    for (int i = 0; i < in.length; i++) {
      if (dense[i] != in[i] && op.changes(i)) {
        in[i].assign(dense[i]);
      }
    }
  }

  /**
   * How a part is cut, and where its scratch begins: H, P and the next M as floats, then the sums
   * of each part of its rows as doubles.
   */
  private record Layout(int k, int parts, long start) {
    long floats() {
      return start + 3L * matrix();
    }

    /** A multiple of the doubles' alignment. */
    int matrix() {
      return Math.ceilDiv(k * k, 2) * 2 * Float.BYTES;
    }

    long end() {
      return floats() + (long) parts * (k * k + 1) * Double.BYTES;
    }
  }

  private static Layout[] layouts(PreconditionedDescend op, Tensor[] in) {
    Layout[] layouts = new Layout[op.parts().size()];
    int most = Math.max(1, BLOCKS / layouts.length);
    long start = 0;
    for (int part = 0; part < layouts.length; part++) {
      int first = part * op.stride();
      int k = (int) in[first + 3].extent(0);
      long chunks = Math.ceilDiv(in[first].count(), (long) (CHUNK / k & ~3) * k);
      layouts[part] = new Layout(k, Math.clamp(chunks, 1, most), start);
      start = layouts[part].end();
    }
    return layouts;
  }

  private static MemorySegment rows(
      PreconditionedDescend op, Tensor[] in, Layout[] layouts, long scratch, Tensor refused) {
    ByteBuffer rows = ByteBuffer.allocate(layouts.length * ROW).order(ByteOrder.nativeOrder());
    for (int index = 0; index < layouts.length; index++) {
      PreconditionedDescend.Part part = op.parts().get(index);
      Layout layout = layouts[index];
      long start = scratch + layout.start;
      int first = index * op.stride();
      int states = first + PreconditionedDescend.FIXED;
      long gradient = CudaDescent.address(in[first + 1]);
      update(rows, op.rule(), part.numbers(), in, first, gradient, states);
      rows.putLong(CudaDescent.address(in[first + 2]));
      int factorStates = states + op.rule().states();
      update(rows, op.factorRule(), part.factorNumbers(), in, first + 3, start, factorStates);
      rows.putLong(start + layout.matrix()).putLong(start + 2L * layout.matrix());
      rows.putLong(scratch + layout.floats());
      rows.putLong(CudaDescent.address(refused) + (long) index * Integer.BYTES);
      rows.putInt(layout.k).putInt(part.learns() ? 1 : 0).putInt(layout.parts);
      rows.putFloat((float) part.pull());
    }
    return MemorySegment.ofArray(rows.array());
  }

  /** The kernels' {@code struct Update}. */
  private static void update(
      ByteBuffer rows,
      DescentRule rule,
      Descend.Part numbers,
      Tensor[] in,
      int theta,
      long gradient,
      int firstState) {
    rows.putLong(CudaDescent.address(in[theta])).putLong(gradient);
    int next = firstState;
    for (int s = 0; s < DescentRule.STATES; s++) {
      rows.putLong(rule.has(s) ? CudaDescent.address(in[next++]) : 0);
    }
    rows.putLong(in[theta].count()).putFloat((float) numbers.rate());
    rows.putFloat((float) numbers.a()).putFloat((float) numbers.b()).putFloat((float) numbers.c());
  }

  private void launch(PreconditionedDescend op, Layout[] layouts, DeviceMemory table) {
    int wide = 1;
    for (Layout layout : layouts) {
      wide = Math.max(wide, layout.parts);
    }
    int tensors = layouts.length;
    LaunchShape all = shape(wide, Math.min(tensors, MOST_ROWS));
    float decay = (float) op.rule().weightDecay();
    kernels.launch("fop_products_f32", all).pointer(table).int32(tensors).float32(decay).run();
    String move = "fop_factor_" + CudaDescent.kernelName(op.factorRule()) + "_f32";
    Launch factors = kernels.launch(move, shape(Math.min(tensors, BLOCKS), 1));
    factors.pointer(table).int32(tensors).int32(op.factorFirst() ? 1 : 0);
    CudaDescent.arguments(op.factorRule(), factors).run();
    String step = "fop_" + CudaDescent.kernelName(op.rule()) + "_f32";
    Launch thetas = kernels.launch(step, all).pointer(table).int32(tensors).float32(decay);
    CudaDescent.arguments(op.rule().withoutWeightDecay(), thetas).run();
  }

  private static LaunchShape shape(int wide, int tall) {
    return new LaunchShape(wide, tall, 1, Kernels.THREADS, 1, 1, 0);
  }
}
