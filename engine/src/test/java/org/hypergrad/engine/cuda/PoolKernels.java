package org.hypergrad.engine.cuda;

import static org.hypergrad.engine.cuda.PointwiseKernels.reference;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.conformance.Layout;
import org.hypergrad.engine.op.AdaptiveAvgPool2d;
import org.hypergrad.engine.op.AvgPool2d;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Window2d;
import org.hypergrad.engine.op.Window2d.Padding;
import org.hypergrad.engine.op.Window2d.Pair;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Cases of the family pool: x [N, C, H, W]. */
final class PoolKernels {
  private static final int[] LANES = {1, 8, 32, 256};

  /** A pooling of images of some extents. */
  private record Problem(Pool2d pool, long... images) {
    Tensor x() {
      return floats(1, images);
    }

    @Override
    public String toString() {
      return pool + " of " + Arrays.toString(images);
    }
  }

  /** Windows that leave places out, overlap, overhang, or lie in the padding as a whole. */
  private static List<Problem> problems() {
    Pool2d oblong =
        new Pool2d(
            new Pair(2, 5), new Window2d(new Pair(3, 1), new Padding(1, 1, 2, 2), Pair.ONE), false);
    Pool2d dilated =
        new Pool2d(
            new Pair(3, 2),
            new Window2d(new Pair(1, 2), new Padding(1, 1, 0, 0), new Pair(2, 3)),
            false);
    Pool2d onlyPadding =
        new Pool2d(Pair.of(2), new Window2d(Pair.ONE, Padding.of(1), Pair.of(5)), false);
    Pool2d besideEmptyImage =
        new Pool2d(
            new Pair(2, 1), new Window2d(Pair.ONE, new Padding(1, 1, 0, 0), Pair.ONE), false);
    return List.of(
        new Problem(Pool2d.of(1), 1, 1, 1, 1),
        new Problem(Pool2d.of(2), 2, 3, 7, 11),
        new Problem(Pool2d.of(2).withCeil(), 2, 3, 7, 11),
        new Problem(Pool2d.of(2, 3, 0), 2, 3, 8, 13),
        new Problem(Pool2d.of(3, 2, 1), 3, 1, 7, 13),
        new Problem(Pool2d.of(3, 2, 1).withCeil(), 1, 3, 6, 14),
        new Problem(Pool2d.of(3, 2, 1), 2, 3, 9, 12),
        new Problem(Pool2d.of(3, 3, 1).withCeil(), 1, 2, 6, 5),
        new Problem(Pool2d.of(5, 1, 2), 1, 2, 5, 3),
        new Problem(oblong, 3, 2, 7, 11),
        new Problem(dilated, 2, 2, 7, 11),
        new Problem(dilated.withCeil(), 2, 2, 7, 10),
        new Problem(onlyPadding, 1, 2, 4, 4),
        new Problem(besideEmptyImage, 2, 1, 0, 3),
        new Problem(Pool2d.of(9, 9, 0), 2, 3, 19, 67),
        new Problem(Pool2d.of(2), 601, 1, 3, 2),
        new Problem(Pool2d.of(2), 0, 3, 5, 5),
        new Problem(Pool2d.of(2), 3, 0, 5, 5));
  }

  private PoolKernels() {}

  static List<KernelCase> cases() {
    return List.of(
        KernelCase.of("pool_max_f32", PoolKernels::max),
        KernelCase.of("pool_max_gradient_f32", PoolKernels::maxGradient),
        KernelCase.of("pool_average_f32", PoolKernels::average),
        KernelCase.of("pool_average_gradient_f32", PoolKernels::averageGradient),
        KernelCase.of("pool_adaptive_f32", PoolKernels::adaptive),
        KernelCase.of("pool_adaptive_gradient_f32", PoolKernels::adaptiveGradient));
  }

  /** With ties, NaN and infinities where there are more than a few elements. */
  private static Tensor floats(long salt, long... extents) {
    return new Operands(Shape.of(extents), Layout.CONTIGUOUS, 1)
        .floats(salt, v -> Math.rint(4 * v));
  }

  /** The kernels' {@code struct Windows}, of rows and of columns. */
  private static Launch windows(Launch launch, Pool2d pool, Shape x, Shape y, boolean counted) {
    Window2d window = pool.window();
    long top = window.padding().top();
    long left = window.padding().left();
    return launch
        .struct(
            longs(
                x.extent(2),
                y.extent(2),
                pool.kernel().height(),
                window.stride().height(),
                top,
                window.dilation().height(),
                counted ? top : 0))
        .struct(
            longs(
                x.extent(3),
                y.extent(3),
                pool.kernel().width(),
                window.stride().width(),
                left,
                window.dilation().width(),
                counted ? left : 0));
  }

  /** The kernels' {@code struct Cells}, of rows and of columns. */
  private static Launch cells(Launch launch, Shape x, Shape y) {
    return launch.struct(longs(x.extent(2), y.extent(2))).struct(longs(x.extent(3), y.extent(3)));
  }

  private static MemorySegment longs(long... values) {
    return MemorySegment.ofArray(values);
  }

  private static long lines(Shape x) {
    return x.extent(0) * x.extent(1) * x.extent(2);
  }

  private static void max(Gpu gpu) {
    for (Problem p : problems()) {
      Tensor x = p.x();
      Tensor[] expected = Dispatch.run(new MaxPool2d(p.pool), x);
      Shape shape = expected[0].shape();
      DeviceMemory y = gpu.block(shape.count() * Float.BYTES);
      DeviceMemory places = gpu.block(shape.count() * Integer.BYTES);
      DeviceMemory xs = gpu.upload(x);
      Launch launch = gpu.launch("pool_max_f32", 1).pointer(y).pointer(places).pointer(xs);
      windows(launch, p.pool, x.shape(), shape, false).int64(shape.count()).run();
      Gpu.assertSame("max of " + p, expected[0].toDoubles(), gpu.download(y, DType.FLOAT32));
      Gpu.assertSame("place of " + p, expected[1].toDoubles(), gpu.download(places, DType.INT32));
    }
  }

  private static void maxGradient(Gpu gpu) {
    for (Problem p : problems()) {
      Shape x = Shape.of(p.images);
      Tensor places = Dispatch.run(new MaxPool2d(p.pool), p.x())[1];
      Tensor dy = floats(2, places.shape().toArray());
      Op op = new MaxPool2d.Gradient(p.pool, x.extent(2), x.extent(3));
      double[] expected = reference(op, dy, places);
      DeviceMemory dys = gpu.upload(dy);
      DeviceMemory placesThere = gpu.upload(places);
      for (int before : new int[] {0, 1}) {
        DeviceMemory dx = gpu.upload(Tensor.zeros(before + x.count()));
        Launch launch = gpu.launch("pool_max_gradient_f32", 1);
        launch.pointer(dx, before * Float.BYTES).pointer(dys).pointer(placesThere);
        windows(launch, p.pool, x, dy.shape(), false).int64(lines(x)).run();
        double[] all = gpu.download(dx, DType.FLOAT32);
        double[] actual = Arrays.copyOfRange(all, before, all.length);
        Gpu.assertSame("gradient of max of " + p, expected, actual);
      }
    }
  }

  /** Means know no dilation. */
  private static List<Problem> undilated() {
    return problems().stream().filter(p -> p.pool.window().dilation().equals(Pair.ONE)).toList();
  }

  private static void average(Gpu gpu) {
    for (Problem p : undilated()) {
      for (boolean counted : new boolean[] {true, false}) {
        Tensor x = p.x();
        Tensor expected = Dispatch.run(new AvgPool2d(p.pool, counted), x)[0];
        for (int lanes : LANES) {
          DeviceMemory y = gpu.block(expected.count() * Float.BYTES);
          DeviceMemory xs = gpu.upload(x);
          Launch launch = gpu.launch("pool_average_f32", 2).pointer(y).pointer(xs);
          windows(launch, p.pool, x.shape(), expected.shape(), counted);
          launch.int64(expected.count()).int32(lanes).run();
          String what = "mean of " + p + (counted ? " with padding" : "") + " by " + lanes;
          Gpu.assertClose(what, expected.toDoubles(), gpu.download(y, DType.FLOAT32));
        }
      }
    }
  }

  private static void averageGradient(Gpu gpu) {
    for (Problem p : undilated()) {
      for (boolean counted : new boolean[] {true, false}) {
        AvgPool2d forward = new AvgPool2d(p.pool, counted);
        Tensor x = p.x();
        Tensor dy = floats(2, Dispatch.run(forward, x)[0].shape().toArray());
        DeviceMemory dx = gpu.block(x.count() * Float.BYTES);
        DeviceMemory dys = gpu.upload(dy);
        Launch launch = gpu.launch("pool_average_gradient_f32", 1).pointer(dx).pointer(dys);
        windows(launch, p.pool, x.shape(), dy.shape(), counted).int64(lines(x.shape())).run();
        double[] expected =
            reference(new AvgPool2d.Gradient(forward, x.extent(2), x.extent(3)), dy);
        String what = "gradient of mean of " + p + (counted ? " with padding" : "");
        Gpu.assertClose(what, expected, gpu.download(dx, DType.FLOAT32));
      }
    }
  }

  /** Extents of images, then of the grid over them. */
  private static final long[][] GRIDS = {
    {1, 1, 1, 1, 1, 1},
    {2, 3, 17, 67, 1, 1},
    {601, 1, 3, 2, 1, 1},
    {2, 3, 7, 11, 2, 3},
    {2, 3, 7, 11, 5, 1},
    {1, 2, 3, 4, 5, 9},
    {2, 2, 8, 16, 3, 5},
    {3, 1, 13, 19, 13, 2},
    {0, 3, 5, 5, 2, 2}
  };

  private static void adaptive(Gpu gpu) {
    for (long[] grid : GRIDS) {
      Tensor x = floats(1, Arrays.copyOf(grid, 4));
      Tensor expected = Dispatch.run(new AdaptiveAvgPool2d(grid[4], grid[5]), x)[0];
      for (int lanes : LANES) {
        DeviceMemory y = gpu.block(expected.count() * Float.BYTES);
        DeviceMemory xs = gpu.upload(x);
        Launch launch = gpu.launch("pool_adaptive_f32", 2).pointer(y).pointer(xs);
        cells(launch, x.shape(), expected.shape()).int64(expected.count()).int32(lanes).run();
        Gpu.assertClose(
            Arrays.toString(grid) + " by " + lanes,
            expected.toDoubles(),
            gpu.download(y, DType.FLOAT32));
      }
    }
  }

  private static void adaptiveGradient(Gpu gpu) {
    for (long[] grid : GRIDS) {
      Shape x = Shape.of(Arrays.copyOf(grid, 4));
      Tensor dy = floats(2, grid[0], grid[1], grid[4], grid[5]);
      DeviceMemory dx = gpu.block(x.count() * Float.BYTES);
      DeviceMemory dys = gpu.upload(dy);
      Launch launch = gpu.launch("pool_adaptive_gradient_f32", 1).pointer(dx).pointer(dys);
      cells(launch, x, dy.shape()).int64(lines(x)).run();
      double[] expected = reference(new AdaptiveAvgPool2d.Gradient(grid[2], grid[3]), dy);
      Gpu.assertClose(Arrays.toString(grid), expected, gpu.download(dx, DType.FLOAT32));
    }
  }
}
