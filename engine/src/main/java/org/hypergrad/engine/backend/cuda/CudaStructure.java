package org.hypergrad.engine.backend.cuda;

import java.util.Arrays;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Concat;
import org.hypergrad.engine.op.Gather;
import org.hypergrad.engine.op.OneHot;
import org.hypergrad.engine.op.Pad;
import org.hypergrad.engine.op.Slice;
import org.hypergrad.kernels.Launch;

/** Ops that move elements to other places, of any type. */
final class CudaStructure {
  /** Threads that keep a large device busy while they wait for memory. */
  private static final long SCATTER_THREADS = 1 << 15;

  private static final long MAX_SCATTER_LANES = 64;

  private final Kernels kernels;
  private final Faults faults;

  CudaStructure(Kernels kernels, Faults faults) {
    this.kernels = kernels;
    this.faults = faults;
  }

  /** How kernels name a width: what is moved has no type. */
  private static String width(Tensor tensor) {
    return "b" + 8 * tensor.dtype().bytes();
  }

  /** The bits of a value in the lowest bytes of an int. */
  static int bits(DType dtype, double value) {
    return switch (dtype) {
      case FLOAT32 -> Float.floatToRawIntBits((float) value);
      case INT32, UINT8 -> (int) value;
      case FLOAT64 -> throw new IllegalArgumentException("no kernels for " + dtype);
    };
  }

  /** Copies between any strides; matrices that lie transposed go through shared memory. */
  void copy(Tensor source, Tensor target) {
    if (target.count() == 0) {
      return;
    }
    Strided strided = Strided.of(target.shape(), target, source);
    if (transposes(strided)) {
      transpose(source, target, strided.extents());
      return;
    }
    Launch launch = kernels.over(target.count(), "movement_copy_" + width(target));
    strided.into(Kernels.pointers(launch, target, source)).int64(target.count()).run();
  }

  /** Whether a dense target [batch, columns, rows] reads a dense source [batch, rows, columns]. */
  private static boolean transposes(Strided s) {
    int last = s.extents().length - 1;
    if (last != 1 && last != 2) {
      return false;
    }
    long rows = s.extents()[last];
    long columns = s.extents()[last - 1];
    long[] to = s.strides()[0];
    long[] from = s.strides()[1];
    return to[last] == 1
        && to[last - 1] == rows
        && from[last] == columns
        && from[last - 1] == 1
        && (last == 1 || (to[0] == rows * columns && from[0] == rows * columns));
  }

  private void transpose(Tensor source, Tensor target, long[] extents) {
    int last = extents.length - 1;
    Launch launch = kernels.over(target.count(), "movement_transpose_" + width(target));
    Kernels.pointers(launch, target, source)
        .int64(last == 1 ? 1 : extents[0])
        .int64(extents[last])
        .int64(extents[last - 1])
        .run();
  }

  void fill(Tensor target, double value) {
    if (target.count() == 0) {
      return;
    }
    Strided strided = Strided.of(target.shape(), target);
    Launch launch = kernels.over(target.count(), "movement_fill_" + width(target));
    strided
        .into(Kernels.pointer(launch, target))
        .int64(target.count())
        .int32(bits(target.dtype(), value))
        .run();
  }

  void concat(Concat op, Tensor[] in, Tensor out) {
    long start = 0;
    for (Tensor part : in) {
      long end = start + part.extent(op.axis());
      copy(part, out.slice(op.axis(), start, end));
      start = end;
    }
  }

  void pad(Pad op, Tensor x, Tensor out) {
    long[] before = op.before().stream().mapToLong(n -> n).toArray();
    long[] step = new long[x.rank()];
    Arrays.fill(step, 1);
    place(x, out, before, step, op.value());
  }

  void sliceGradient(Slice.Gradient op, Tensor dy, Tensor out) {
    Slice slice = op.slice();
    long[] before = new long[dy.rank()];
    long[] step = new long[dy.rank()];
    Arrays.fill(step, 1);
    before[slice.axis()] = slice.start();
    step[slice.axis()] = slice.step();
    place(dy, out, before, step, 0);
  }

  /** x at its places in out, elsewhere a value. */
  private void place(Tensor x, Tensor out, long[] before, long[] step, double value) {
    Tensor dense = x.contiguous();
    Launch launch = kernels.over(out.count(), "movement_place_" + width(out));
    Kernels.pointers(launch, out, dense)
        .struct(Kernels.placement(out.shape().toArray(), dense.shape().toArray(), before, step))
        .int64(out.count())
        .int32(bits(out.dtype(), value))
        .run();
  }

  /** Number of elements of the axes behind one. */
  static long inner(Shape shape, int axis) {
    long inner = 1;
    for (int i = axis + 1; i < shape.rank(); i++) {
      inner *= shape.extent(i);
    }
    return inner;
  }

  private long watchIndex(String op, Tensor index, long extent) {
    return faults.cell(
        new Faults.Watch(
            op, "index out of range", "index " + index.spec(), "0 <= index < " + extent));
  }

  void gather(Gather op, Tensor x, Tensor index, Tensor out) {
    Tensor from = x.contiguous();
    Tensor picks = index.contiguous();
    long extent = x.extent(op.axis());
    long cell = watchIndex(op.name(), index, extent);
    Launch launch = kernels.over(out.count(), "movement_gather_" + width(out));
    faults
        .pointer(Kernels.pointer(launch, out), cell)
        .pointer(Kernels.block(from), Kernels.byteOffset(from))
        .pointer(Kernels.block(picks), Kernels.byteOffset(picks))
        .int64(out.count())
        .int64(picks.extent(op.axis()))
        .int64(extent)
        .int64(inner(out.shape(), op.axis()))
        .run();
  }

  void scatterAdd(Gather.ScatterAdd op, Tensor x, Tensor index, Tensor out) {
    fill(out, 0);
    if (x.count() == 0) {
      return;
    }
    Tensor from = x.contiguous();
    Tensor picks = index.contiguous();
    long picked = x.extent(op.axis());
    long groups = x.count() / picked;
    long cell = watchIndex(op.name(), index, op.extent());
    int lanes = lanesOfScatter(groups, op.extent());
    Launch launch = kernels.over(groups * lanes, "movement_scatter_add_f32");
    faults
        .pointer(Kernels.pointer(launch, out), cell)
        .pointer(Kernels.block(from), Kernels.byteOffset(from))
        .pointer(Kernels.block(picks), Kernels.byteOffset(picks))
        .int64(groups)
        .int64(picked)
        .int64(op.extent())
        .int64(inner(x.shape(), op.axis()))
        .int32(lanes)
        .run();
  }

  /**
   * Threads that share the extent of a group, a power of 2: as many as keep a device busy, but each
   * reads all indices of its group, which limits them. They decide no bit of the result.
   */
  private static int lanesOfScatter(long groups, long extent) {
    long wanted = Math.min(extent, SCATTER_THREADS / groups);
    return (int) Math.min(MAX_SCATTER_LANES, Long.highestOneBit(Math.max(1, wanted)));
  }

  void oneHot(OneHot op, Tensor labels, Tensor out) {
    Tensor dense = labels.contiguous();
    long cell =
        faults.cell(
            new Faults.Watch(
                op.name(),
                "label out of range",
                "labels " + labels.spec(),
                "0 <= label < " + op.classes()));
    Launch launch =
        kernels.over(out.count(), "movement_one_hot_" + CudaPointwise.suffix(out.dtype()));
    faults
        .pointer(Kernels.pointer(launch, out), cell)
        .pointer(Kernels.block(dense), Kernels.byteOffset(dense))
        .int64(out.count())
        .int64(op.classes())
        .run();
  }
}
