package org.hypergrad.bench;

import java.lang.foreign.MemorySegment;
import java.util.function.UnaryOperator;
import org.hypergrad.kernels.Launch;

/** Kernels of pooling, over planes of {@value #SIDE} x {@value #SIDE}. */
final class PoolRows extends KernelRows {
  private static final int SIDE = 32;

  private final int planes = n / (SIDE * SIDE);

  PoolRows(KernelRuns runs, int rows, int columns) {
    super(runs, rows, columns);
  }

  @Override
  void all() {
    windows(2, 2, 0, "2 x 2");
    windows(3, 2, 1, "3 x 3, step 2");
    average(8, 8, 0, 8, "8 x 8");
    adaptive(1, 32, "global");
    adaptive(7, 1, "7 x 7 cells");
  }

  private void windows(int kernel, int stride, int padding, String title) {
    int side = side(kernel, stride, padding);
    long small = 4L * planes * side * side;
    UnaryOperator<Launch> geometry = l -> axes(l, SIDE, side, kernel, stride, padding, 1, padding);
    runs.row(
        "pool_max_f32",
        title,
        f,
        2 * small,
        l -> geometry.apply(l.pointer(result).pointer(integers).pointer(x)).int64(small / 4));
    runs.row(
        "pool_max_gradient_f32",
        title,
        2 * small,
        f,
        l ->
            geometry
                .apply(l.pointer(other).pointer(result).pointer(integers))
                .int64(planes * SIDE));
    average(kernel, stride, padding, 1, title);
  }

  private static int side(int kernel, int stride, int padding) {
    return (SIDE + 2 * padding - kernel) / stride + 1;
  }

  private void average(int kernel, int stride, int padding, int lanes, String title) {
    int side = side(kernel, stride, padding);
    long small = 4L * planes * side * side;
    UnaryOperator<Launch> geometry = l -> axes(l, SIDE, side, kernel, stride, padding, 1, padding);
    runs.row(
        "pool_average_f32",
        title,
        f,
        small,
        l -> geometry.apply(l.pointer(result).pointer(x)).int64(small / 4).int32(lanes));
    runs.row(
        "pool_average_gradient_f32",
        title,
        small,
        f,
        l -> geometry.apply(l.pointer(other).pointer(result)).int64(planes * SIDE));
  }

  private void adaptive(int side, int lanes, String title) {
    long small = 4L * planes * side * side;
    runs.row(
        "pool_adaptive_f32",
        title,
        f,
        small,
        l -> axes(l.pointer(result).pointer(x), SIDE, side).int64(small / 4).int32(lanes));
    runs.row(
        "pool_adaptive_gradient_f32",
        title,
        small,
        f,
        l -> axes(l.pointer(other).pointer(result), SIDE, side).int64(planes * SIDE));
  }

  /** The same numbers for rows and for columns. */
  private static Launch axes(Launch launch, long... numbers) {
    MemorySegment axis = MemorySegment.ofArray(numbers);
    return launch.struct(axis).struct(axis);
  }
}
