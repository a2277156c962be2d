package org.hypergrad.engine.cuda;

import static org.hypergrad.engine.cuda.PointwiseKernels.reference;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.conformance.Layout;
import org.hypergrad.engine.op.Gather;
import org.hypergrad.engine.op.OneHot;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.Pad;
import org.hypergrad.engine.op.Slice;
import org.hypergrad.engine.op.TopK;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Cases of the family movement. */
final class MovementKernels {
  private static final int MAX_RANK = 8;

  /** Shapes [outer, count, inner] of what is picked, and the extent that it is picked from. */
  private static final long[][] PICKS = {
    {1, 1, 1, 1}, {3, 5, 7, 4}, {2, 67, 1, 9}, {1, 3, 601, 2}, {0, 2, 3, 5}, {2, 0, 3, 5}
  };

  private MovementKernels() {}

  static List<KernelCase> cases() {
    List<KernelCase> cases = new ArrayList<>();
    for (DType dtype : List.of(DType.FLOAT32, DType.UINT8)) {
      String type = dtype == DType.FLOAT32 ? "b32" : "b8";
      String copy = "movement_copy_" + type;
      cases.add(KernelCase.of(copy, gpu -> copy(gpu, copy, dtype)));
      String fill = "movement_fill_" + type;
      cases.add(KernelCase.of(fill, gpu -> fill(gpu, fill, dtype)));
      String transpose = "movement_transpose_" + type;
      cases.add(KernelCase.of(transpose, gpu -> transpose(gpu, transpose, dtype)));
      String place = "movement_place_" + type;
      cases.add(KernelCase.of(place, gpu -> place(gpu, place, dtype)));
      String gather = "movement_gather_" + type;
      cases.add(KernelCase.of(gather, gpu -> gather(gpu, gather, dtype)));
    }
    cases.add(KernelCase.of("movement_gather_b32", MovementKernels::gatherOutOfRange));
    cases.add(KernelCase.of("movement_scatter_add_f32", MovementKernels::scatterAdd));
    cases.add(KernelCase.of("movement_scatter_add_f32", MovementKernels::scatterOutOfRange));
    for (DType dtype : List.of(DType.FLOAT32, DType.INT32, DType.UINT8)) {
      String oneHot = "movement_one_hot_" + PointwiseKernels.type(dtype);
      cases.add(KernelCase.of(oneHot, gpu -> oneHot(gpu, oneHot, dtype)));
    }
    cases.add(KernelCase.of("movement_one_hot_f32", MovementKernels::labelOutOfRange));
    cases.add(KernelCase.of("movement_top_k_f32", MovementKernels::topK));
    return cases;
  }

  private static Operands contiguous(long... extents) {
    return new Operands(Shape.of(extents), Layout.CONTIGUOUS, 1);
  }

  private static Tensor values(Operands o, DType dtype, long salt) {
    return dtype == DType.FLOAT32 ? o.floats(salt) : o.whole(dtype, salt, 0, 256);
  }

  // Between any strides; what lies between the target's elements must stay.

  private static void copy(Gpu gpu, String kernel, DType dtype) {
    for (Operands o : Operands.all()) {
      for (Layout layout : Layout.values()) {
        boolean needsAnAxis = layout == Layout.SLICED || layout == Layout.OFFSET;
        if (layout != Layout.BROADCAST && !(needsAnAxis && o.shape().rank() == MAX_RANK)) {
          Tensor source = values(o, dtype, 1);
          Tensor target = layout.apply(values(contiguous(o.shape().toArray()), dtype, 2));
          DeviceMemory from = gpu.upload(source.segment());
          write(
              gpu,
              kernel + " of " + o + " to " + layout,
              target,
              block -> {
                Launch launch = start(gpu, kernel, o.gridX(), block, target);
                launch.pointer(from, source.offset() * dtype.bytes());
                Gpu.strided(launch, o.shape(), List.of(target, source));
                return launch.int64(o.shape().count());
              },
              () -> target.assign(source));
        }
      }
    }
  }

  private static void fill(Gpu gpu, String kernel, DType dtype) {
    double value = dtype == DType.FLOAT32 ? -1.5 : 200;
    int bits = dtype == DType.FLOAT32 ? Float.floatToRawIntBits(-1.5f) : 200;
    for (Operands o : Operands.all()) {
      if (o.layout() != Layout.BROADCAST) {
        Tensor target = values(o, dtype, 1);
        write(
            gpu,
            kernel + " of " + o,
            target,
            block -> {
              Launch launch = start(gpu, kernel, o.gridX(), block, target);
              Gpu.strided(launch, o.shape(), List.of(target));
              return launch.int64(o.shape().count()).int32(bits);
            },
            () -> target.fill(value));
      }
    }
  }

  private static Launch start(
      Gpu gpu, String kernel, int gridX, DeviceMemory block, Tensor target) {
    Launch launch = gpu.launch(kernel, gridX);
    return launch.pointer(block, target.offset() * target.dtype().bytes());
  }

  /** Puts together a launch that writes into a block. */
  private interface Writing {
    Launch into(DeviceMemory block);
  }

  /** Changes a tensor on the device and on the host, and compares all memory around it. */
  private static void write(
      Gpu gpu, String what, Tensor target, Writing launch, Runnable onTheHost) {
    DeviceMemory block = gpu.upload(target.segment());
    launch.into(block).run();
    onTheHost.run();
    assertEquals(-1, target.segment().mismatch(gpu.download(block)), what);
  }

  private static void transpose(Gpu gpu, String kernel, DType dtype) {
    long[][] shapes = {
      {1, 1, 1},
      {1, 32, 32},
      {3, 33, 31},
      {2, 5, 67},
      {1, 101, 3},
      {0, 4, 5},
      {2, 0, 5},
      {1, 70, 70}
    };
    for (long[] shape : shapes) {
      Tensor x = values(contiguous(shape), dtype, 1);
      DeviceMemory y = gpu.block(x.count() * dtype.bytes());
      DeviceMemory xs = gpu.upload(x);
      Launch launch = gpu.launch(kernel, 2).pointer(y).pointer(xs);
      launch.int64(shape[0]).int64(shape[1]).int64(shape[2]).run();
      Gpu.assertSame(kernel + " of " + x, x.permute(0, 2, 1).toDoubles(), gpu.download(y, dtype));
    }
  }

  private static void place(Gpu gpu, String kernel, DType dtype) {
    double value = dtype == DType.FLOAT32 ? 0.75 : 7;
    int bits = dtype == DType.FLOAT32 ? Float.floatToRawIntBits(0.75f) : 7;
    Object[][] pads = {
      {new long[] {1}, List.of(0L), List.of(0L)},
      {new long[] {}, List.of(), List.of()},
      {new long[] {67}, List.of(3L), List.of(0L)},
      {new long[] {3, 5, 7}, List.of(0L, 2L, 1L), List.of(1L, 0L, 3L)},
      {new long[] {2, 0}, List.of(1L, 1L), List.of(0L, 1L)},
      {new long[] {0}, List.of(0L), List.of(0L)},
      {new long[] {1, 2, 1, 2, 1, 2, 1, 2}, ones(8), ones(8)}
    };
    for (Object[] pad : pads) {
      Tensor x = values(contiguous((long[]) pad[0]), dtype, 1);
      List<Long> before = longs(pad[1]);
      long[] step = new long[x.rank()];
      Arrays.fill(step, 1);
      Op op = new Pad(before, longs(pad[2]), value);
      place(gpu, kernel, x, op, before.stream().mapToLong(n -> n).toArray(), step, bits);
    }
    long[][] slices = {{0, 1, 5, 2, 7}, {1, 2, 13, 5, 17}, {2, 0, 9, 4, 9}, {1, 3, 3, 1, 4}};
    for (long[] s : slices) {
      Slice slice = new Slice((int) s[0], s[1], s[2], s[3]);
      long picked = Math.ceilDiv(s[2] - s[1], s[3]);
      long[] extents = {3, 5, 4};
      extents[slice.axis()] = picked;
      Tensor x = values(contiguous(extents), dtype, 1);
      long[] before = new long[3];
      long[] step = {1, 1, 1};
      before[slice.axis()] = s[1];
      step[slice.axis()] = s[3];
      place(gpu, kernel, x, new Slice.Gradient(slice, s[4]), before, step, 0);
    }
  }

  private static List<Long> ones(int count) {
    return Collections.nCopies(count, 1L);
  }

  private static List<Long> longs(Object list) {
    return ((List<?>) list).stream().map(Long.class::cast).toList();
  }

  private static void place(
      Gpu gpu, String kernel, Tensor x, Op op, long[] before, long[] step, int bits) {
    Tensor expected = Dispatch.run(op, x)[0];
    DeviceMemory y = gpu.block(expected.count() * x.dtype().bytes());
    DeviceMemory xs = gpu.upload(x);
    Launch launch = gpu.launch(kernel, 1).pointer(y).pointer(xs);
    launch.struct(placement(expected.shape().toArray(), x.shape().toArray(), before, step));
    launch.int64(expected.count()).int32(bits).run();
    Gpu.assertSame(op + " of " + x, expected.toDoubles(), gpu.download(y, x.dtype()));
  }

  /** {@code struct Placement}: the rank, then four rows of eight numbers. */
  private static MemorySegment placement(long[]... rows) {
    MemorySegment struct = Arena.ofAuto().allocate((1 + 4L * MAX_RANK) * Long.BYTES, Long.BYTES);
    struct.set(ValueLayout.JAVA_INT, 0, rows[0].length);
    for (int row = 0; row < rows.length; row++) {
      for (int axis = 0; axis < rows[row].length; axis++) {
        struct.setAtIndex(ValueLayout.JAVA_LONG, 1 + (long) row * MAX_RANK + axis, rows[row][axis]);
      }
    }
    return struct;
  }

  private static Tensor index(long[] pick) {
    return contiguous(pick[0], pick[1], pick[2]).whole(DType.INT32, 3, 0, (int) pick[3]);
  }

  private static void gather(Gpu gpu, String kernel, DType dtype) {
    for (long[] pick : PICKS) {
      Tensor x = values(contiguous(pick[0], pick[3], pick[2]), dtype, 1);
      Tensor index = index(pick);
      DeviceMemory fault = SoftmaxKernels.fault(gpu);
      DeviceMemory y = gpu.block(index.count() * dtype.bytes());
      DeviceMemory xs = gpu.upload(x);
      DeviceMemory indices = gpu.upload(index);
      Launch launch = gpu.launch(kernel, 1).pointer(y).pointer(fault).pointer(xs);
      launch.pointer(indices).int64(index.count()).int64(pick[1]).int64(pick[3]);
      launch.int64(pick[2]).run();
      double[] expected = reference(new Gather(1), x, index);
      Gpu.assertSame(kernel + " of " + x, expected, gpu.download(y, dtype));
      assertEquals(Long.MAX_VALUE, SoftmaxKernels.fault(gpu, fault));
    }
  }

  private static void gatherOutOfRange(Gpu gpu) {
    DeviceMemory fault = SoftmaxKernels.fault(gpu);
    DeviceMemory y = gpu.block(6 * Float.BYTES);
    DeviceMemory x = gpu.upload(contiguous(2, 3, 1).floats(1));
    DeviceMemory index = gpu.upload(MemorySegment.ofArray(new int[] {0, 2, 1, 0, 3, -1}));
    Launch launch = gpu.launch("movement_gather_b32", 1).pointer(y).pointer(fault).pointer(x);
    launch.pointer(index).int64(6).int64(3).int64(3).int64(1).run();
    assertEquals(4, SoftmaxKernels.fault(gpu, fault));
  }

  private static Launch scatter(
      Gpu gpu, DeviceMemory y, DeviceMemory fault, Tensor x, Tensor index) {
    DeviceMemory xs = gpu.upload(x);
    DeviceMemory indices = gpu.upload(index);
    Launch launch = gpu.launch("movement_scatter_add_f32", 1);
    return launch.pointer(y).pointer(fault).pointer(xs).pointer(indices);
  }

  private static void scatterAdd(Gpu gpu) {
    for (long[] pick : PICKS) {
      Tensor index = index(pick);
      Tensor x = contiguous(index.shape().toArray()).floats(1);
      double[] expected = reference(new Gather.ScatterAdd(1, pick[3]), x, index);
      double[] first = null;
      for (int lanes : new int[] {1, 4, 64}) {
        DeviceMemory fault = SoftmaxKernels.fault(gpu);
        DeviceMemory y = gpu.upload(Tensor.zeros(pick[0], pick[3], pick[2]));
        Launch launch = scatter(gpu, y, fault, x, index).int64(pick[0] * pick[2]);
        launch.int64(pick[1]).int64(pick[3]).int64(pick[2]).int32(lanes).run();
        double[] actual = gpu.download(y, DType.FLOAT32);
        first = first == null ? actual : first;
        Gpu.assertClose("scatter_add of " + x + " by " + lanes, expected, actual);
        Gpu.assertSame("scatter_add of " + x + " by " + lanes, first, actual);
        assertEquals(Long.MAX_VALUE, SoftmaxKernels.fault(gpu, fault));
      }
    }
  }

  private static void scatterOutOfRange(Gpu gpu) {
    for (int lanes : new int[] {1, 4}) {
      DeviceMemory fault = SoftmaxKernels.fault(gpu);
      DeviceMemory y = gpu.upload(Tensor.zeros(2, 3));
      Tensor index = Tensor.of(new int[] {0, 2, 3, -1}, 2, 2, 1);
      Launch launch = scatter(gpu, y, fault, Tensor.ones(2, 2, 1), index);
      launch.int64(2).int64(2).int64(3).int64(1).int32(lanes).run();
      Gpu.assertSame("y", new double[] {1, 0, 1, 0, 0, 0}, gpu.download(y, DType.FLOAT32));
      assertEquals(2, SoftmaxKernels.fault(gpu, fault));
    }
  }

  private static void oneHot(Gpu gpu, String kernel, DType dtype) {
    for (long[] shape : new long[][] {{1, 1}, {7, 3}, {67, 11}, {0, 5}}) {
      Tensor labels = contiguous(shape[0]).whole(DType.INT32, 1, 0, (int) shape[1]);
      long n = shape[0] * shape[1];
      DeviceMemory fault = SoftmaxKernels.fault(gpu);
      DeviceMemory y = gpu.block(n * dtype.bytes());
      DeviceMemory places = gpu.upload(labels);
      Launch launch = gpu.launch(kernel, 1).pointer(y).pointer(fault).pointer(places);
      launch.int64(n).int64(shape[1]).run();
      double[] expected = reference(new OneHot(shape[1], dtype), labels);
      Gpu.assertSame(kernel + " of " + labels, expected, gpu.download(y, dtype));
      assertEquals(Long.MAX_VALUE, SoftmaxKernels.fault(gpu, fault));
    }
  }

  private static void labelOutOfRange(Gpu gpu) {
    DeviceMemory fault = SoftmaxKernels.fault(gpu);
    DeviceMemory y = gpu.block(9 * Float.BYTES);
    DeviceMemory labels = gpu.upload(MemorySegment.ofArray(new int[] {2, -1, 3}));
    Launch launch = gpu.launch("movement_one_hot_f32", 1).pointer(y).pointer(fault);
    launch.pointer(labels).int64(9).int64(3).run();
    assertEquals(1, SoftmaxKernels.fault(gpu, fault));
  }

  private static void topK(Gpu gpu) {
    long[][] shapes = {
      {1, 1, 1, 1}, {3, 7, 1, 3}, {2, 5, 3, 5}, {4, 67, 2, 4}, {0, 5, 1, 2}, {601, 3, 1, 2}
    };
    for (long[] shape : shapes) {
      long k = shape[3];
      Tensor x = contiguous(shape[0], shape[1], shape[2]).floats(1, v -> Math.rint(4 * v));
      Tensor[] expected = Dispatch.run(new TopK(k, 1), x);
      for (int lanes : new int[] {1, 32, 256}) {
        DeviceMemory values = gpu.block(expected[0].count() * Float.BYTES);
        DeviceMemory indices = gpu.block(expected[0].count() * Integer.BYTES);
        DeviceMemory xs = gpu.upload(x);
        Launch launch = gpu.launch("movement_top_k_f32", 2).pointer(values).pointer(indices);
        launch.pointer(xs).int64(shape[0] * shape[2]).int64(shape[1]).int64(shape[2]);
        launch.int64(k).int32(lanes).run();
        String what = k + " of " + x + " by " + lanes;
        Gpu.assertSame(what, expected[0].toDoubles(), gpu.download(values, DType.FLOAT32));
        Gpu.assertSame(what, expected[1].toDoubles(), gpu.download(indices, DType.INT32));
      }
    }
  }
}
