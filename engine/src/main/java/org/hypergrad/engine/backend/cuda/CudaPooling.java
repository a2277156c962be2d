package org.hypergrad.engine.backend.cuda;

import java.lang.foreign.MemorySegment;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.AvgPool2d;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Window2d;
import org.hypergrad.kernels.Launch;

/** Pooling over images [N, C, H, W]. */
final class CudaPooling {
  /** Neighbours in a row that a thread of a gradient works on. */
  private static final long STRIP = 4;

  /** Lanes of a window whose next one starts at least so many places further. */
  private static final int LANES_OF_WINDOW = 8;

  private final Kernels kernels;

  CudaPooling(Kernels kernels) {
    this.kernels = kernels;
  }

  void max(MaxPool2d op, Tensor x, Tensor[] out) {
    Tensor dense = x.contiguous();
    Launch launch = kernels.over(out[0].count(), "pool_max_f32");
    Kernels.pointers(launch, out[0], out[1], dense);
    windows(launch, op.pool(), x, out[0], false).int64(out[0].count()).run();
  }

  /** Inputs dy, places. */
  void maxGradient(MaxPool2d.Gradient op, Tensor[] in, Tensor out) {
    Tensor dy = in[0].contiguous();
    Tensor places = in[1].contiguous();
    Launch launch = kernels.over(strips(out), "pool_max_gradient_f32");
    Kernels.pointers(launch, out, dy, places);
    windows(launch, op.pool(), out, dy, false).int64(lines(out)).run();
  }

  void average(AvgPool2d op, Tensor x, Tensor out) {
    Tensor dense = x.contiguous();
    Window2d.Pair kernel = op.pool().kernel();
    boolean whole = kernel.width() >= x.extent(3);
    int lanes = lanes(whole, kernel.height() * x.extent(3), op.pool().window().stride().width());
    Launch launch = kernels.blocks(Team.tiles(out.count(), lanes), "pool_average_f32");
    Kernels.pointers(launch, out, dense);
    windows(launch, op.pool(), x, out, op.countPadding()).int64(out.count()).int32(lanes).run();
  }

  void averageGradient(AvgPool2d.Gradient op, Tensor dy, Tensor out) {
    Tensor dense = dy.contiguous();
    Launch launch = kernels.over(strips(out), "pool_average_gradient_f32");
    Kernels.pointers(launch, out, dense);
    windows(launch, op.forward().pool(), out, dy, op.forward().countPadding())
        .int64(lines(out))
        .run();
  }

  void adaptive(Tensor x, Tensor out) {
    Tensor dense = x.contiguous();
    long rows = Math.ceilDiv(x.extent(2), out.extent(2));
    int lanes = lanes(out.extent(3) == 1, rows * x.extent(3), x.extent(3) / out.extent(3));
    Launch launch = kernels.blocks(Team.tiles(out.count(), lanes), "pool_adaptive_f32");
    Kernels.pointers(launch, out, dense);
    cells(launch, x, out).int64(out.count()).int32(lanes).run();
  }

  void adaptiveGradient(Tensor dy, Tensor out) {
    Tensor dense = dy.contiguous();
    Launch launch = kernels.over(strips(out), "pool_adaptive_gradient_f32");
    Kernels.pointers(launch, out, dense);
    cells(launch, out, dy).int64(lines(out)).run();
  }

  /**
   * Threads for a window's mean.
   *
   * @param whole whether windows are as wide as the image, so that one has {@code count} neighbours
   * @param stride places from one window to the next
   */
  private static int lanes(boolean whole, long count, long stride) {
    if (whole) {
      return Team.lanes(count, false);
    }
    return stride < LANES_OF_WINDOW ? 1 : LANES_OF_WINDOW;
  }

  /** Rows of all planes. */
  private static long lines(Tensor x) {
    return x.extent(0) * x.extent(1) * x.extent(2);
  }

  private static long strips(Tensor x) {
    return lines(x) * Math.ceilDiv(x.extent(3), STRIP);
  }

  /** The kernels' {@code struct Windows}, of rows and of columns. */
  private static Launch windows(Launch launch, Pool2d pool, Tensor x, Tensor y, boolean counted) {
    Window2d window = pool.window();
    long top = window.padding().top();
    long left = window.padding().left();
    longs(
        launch,
        x.extent(2),
        y.extent(2),
        pool.kernel().height(),
        window.stride().height(),
        top,
        window.dilation().height(),
        counted ? top : 0);
    return longs(
        launch,
        x.extent(3),
        y.extent(3),
        pool.kernel().width(),
        window.stride().width(),
        left,
        window.dilation().width(),
        counted ? left : 0);
  }

  /** The kernels' {@code struct Cells}, of rows and of columns. */
  private static Launch cells(Launch launch, Tensor x, Tensor y) {
    longs(launch, x.extent(2), y.extent(2));
    return longs(launch, x.extent(3), y.extent(3));
  }

  private static Launch longs(Launch launch, long... values) {
    return launch.struct(MemorySegment.ofArray(values));
  }
}
