package org.hypergrad.bench;

import java.lang.foreign.MemorySegment;
import java.util.function.UnaryOperator;
import org.hypergrad.kernels.Launch;

/** Kernels of pooling, over planes of {@value #SIDE} x {@value #SIDE}. */
final class PoolRows extends KernelRows {
  private static final int SIDE = 32;
  private static final int PLANES = N / (SIDE * SIDE);

  PoolRows(KernelTable table) {
    super(table);
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
    long small = 4L * PLANES * side * side;
    UnaryOperator<Launch> geometry = l -> axes(l, SIDE, side, kernel, stride, padding, 1, padding);
    table.row(
        "pool_max_f32",
        title,
        64,
        F,
        2 * small,
        l -> geometry.apply(l.pointer(result).pointer(integers).pointer(x)).int64(small / 4));
    table.row(
        "pool_max_gradient_f32",
        title,
        64,
        2 * small,
        F,
        l ->
            geometry
                .apply(l.pointer(other).pointer(result).pointer(integers))
                .int64(PLANES * SIDE));
    average(kernel, stride, padding, 1, title);
  }

  private static int side(int kernel, int stride, int padding) {
    return (SIDE + 2 * padding - kernel) / stride + 1;
  }

  private void average(int kernel, int stride, int padding, int lanes, String title) {
    int side = side(kernel, stride, padding);
    long small = 4L * PLANES * side * side;
    UnaryOperator<Launch> geometry = l -> axes(l, SIDE, side, kernel, stride, padding, 1, padding);
    table.row(
        "pool_average_f32",
        title,
        64,
        F,
        small,
        l -> geometry.apply(l.pointer(result).pointer(x)).int64(small / 4).int32(lanes));
    table.row(
        "pool_average_gradient_f32",
        title,
        64,
        small,
        F,
        l -> geometry.apply(l.pointer(other).pointer(result)).int64(PLANES * SIDE));
  }

  private void adaptive(int side, int lanes, String title) {
    long small = 4L * PLANES * side * side;
    table.row(
        "pool_adaptive_f32",
        title,
        64,
        F,
        small,
        l -> axes(l.pointer(result).pointer(x), SIDE, side).int64(small / 4).int32(lanes));
    table.row(
        "pool_adaptive_gradient_f32",
        title,
        64,
        small,
        F,
        l -> axes(l.pointer(other).pointer(result), SIDE, side).int64(PLANES * SIDE));
  }

  /** The same numbers for rows and for columns. */
  private static Launch axes(Launch launch, long... numbers) {
    MemorySegment axis = MemorySegment.ofArray(numbers);
    return launch.struct(axis).struct(axis);
  }
}
