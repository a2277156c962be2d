package org.hypergrad.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.UnaryOperator;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Kernels that put elements together: reductions, losses, normalisation, and optimizers. */
final class GroupRows extends KernelRows {
  private static final int LANES = 32;
  private static final double EPSILON = 1e-5;

  GroupRows(KernelRuns runs, int rows, int columns) {
    super(runs, rows, columns);
  }

  @Override
  void all() {
    reductions();
    reductionGradients();
    softmax();
    crossEntropy();
    optimizers();
    normalisation();
  }

  private void reductions() {
    for (String kind :
        List.of("sum", "norm", "variance", "max", "min", "log_sum_exp", "argmax", "argmin")) {
      DeviceMemory to = kind.startsWith("arg") ? integers : result;
      String kernel = "reduce_" + kind + "_f32";
      runs.row(
          kernel, "rows", f, 4 * rows, l -> reduce(l.pointer(to).pointer(other).pointer(x), true));
      runs.row(
          kernel,
          "columns",
          f,
          rowBytes,
          l -> reduce(l.pointer(to).pointer(other).pointer(x), false));
      parts(kernel, to, stateBytes(kind), UnaryOperator.identity());
    }
    UnaryOperator<Launch> known = l -> l.pointer(y);
    runs.row(
        "reduce_ties_f32",
        "rows",
        f + 4 * rows,
        4 * rows,
        l -> reduce(known.apply(l.pointer(result).pointer(other).pointer(x)), true));
    parts("reduce_ties_f32", result, stateBytes("ties"), known);
  }

  private Launch reduce(Launch launch, boolean alongRows) {
    long[] kept = {alongRows ? columns : 1};
    long[] reduced = {alongRows ? 1 : rows};
    return launch
        .strided(new long[] {rows}, kept)
        .strided(new long[] {columns}, reduced)
        .int64(rows)
        .int64(columns)
        .int64(1)
        .int32(alongRows ? LANES : 8)
        .int32(alongRows ? 0 : 1)
        .float64(1);
  }

  /** Bytes that a kind remembers of the elements it has seen. */
  private static long stateBytes(String kind) {
    return switch (kind) {
      case "max", "min" -> 4;
      case "variance", "log_sum_exp" -> 16;
      default -> 8;
    };
  }

  /** All elements to one, in two passes. */
  private void parts(String kernel, DeviceMemory to, long stateBytes, UnaryOperator<Launch> known) {
    int parts = Math.clamp(n / 8192, 1, 512);
    runs.row(
        kernel,
        "all, in parts",
        f,
        stateBytes * parts,
        l ->
            known
                .apply(l.pointer(to).pointer(other).pointer(x))
                .strided(new long[] {1}, new long[] {0})
                .strided(C, C)
                .int64(1)
                .int64(n)
                .int64(parts)
                .int32(256)
                .int32(0)
                .float64(1));
    runs.row(
        kernel.replace("_f32", "_finish_f32"),
        "",
        1,
        stateBytes * parts,
        4,
        l -> l.pointer(to).pointer(other).int64(1).int64(n).int64(parts).float64(1));
  }

  private void reductionGradients() {
    long groups = 4 * rows;
    runs.row(
        "reduce_extreme_gradient_f32",
        f + 3 * groups,
        f,
        l ->
            l.pointer(result)
                .pointer(y)
                .pointer(x)
                .pointer(y)
                .pointer(y)
                .strided(matrix, whole, BY_ROW)
                .int64(n));
    for (String kind : List.of("log_sum_exp", "norm")) {
      runs.row(
          "reduce_" + kind + "_gradient_f32",
          f + 2 * groups,
          f,
          l ->
              l.pointer(result)
                  .pointer(y)
                  .pointer(x)
                  .pointer(y)
                  .strided(matrix, whole, BY_ROW)
                  .int64(n));
    }
  }

  private void softmax() {
    for (String kind : List.of("value", "log")) {
      UnaryOperator<Launch> alongRows = l -> l.int64(rows).int64(columns).int64(1).int32(LANES);
      UnaryOperator<Launch> alongColumns = l -> l.int64(n / 32).int64(32).int64(columns).int32(8);
      String kernel = "softmax_" + kind + "_f32";
      String gradient = "softmax_" + kind + "_gradient_f32";
      runs.row(kernel, "rows", f, f, l -> alongRows.apply(l.pointer(result).pointer(x)));
      runs.row(kernel, "columns", f, f, l -> alongColumns.apply(l.pointer(result).pointer(x)));
      runs.row(
          gradient,
          "rows",
          2 * f,
          f,
          l -> alongRows.apply(l.pointer(result).pointer(x).pointer(y)));
      runs.row(
          gradient,
          "columns",
          2 * f,
          f,
          l -> alongColumns.apply(l.pointer(result).pointer(x).pointer(y)));
    }
  }

  private void crossEntropy() {
    int ignored = -100;
    runs.row(
        "cross_entropy_loss_f32",
        f + 4 * rows,
        4 * rows,
        l ->
            l.pointer(result)
                .pointer(fault)
                .pointer(x)
                .pointer(labels)
                .nullPointer()
                .int64(rows)
                .int64(columns)
                .int64(1)
                .int32(8)
                .int32(ignored)
                .float64(0));
    runs.row(
        "cross_entropy_total_f32",
        "",
        1,
        8 * rows,
        8,
        l ->
            l.pointer(other)
                .pointer(other, 4)
                .pointer(x)
                .pointer(labels)
                .nullPointer()
                .int64(rows)
                .int64(columns)
                .int32(ignored)
                .int32(1));
    runs.row(
        "cross_entropy_gradient_f32",
        f + 4 * rows,
        f,
        l ->
            l.pointer(result)
                .pointer(y)
                .pointer(x)
                .pointer(labels)
                .nullPointer()
                .pointer(other, 4)
                .int64(rows)
                .int64(columns)
                .int64(1)
                .int32(LANES)
                .int32(0)
                .int32(ignored)
                .float64(0));
  }

  /** A table of one tensor with so many states. */
  private DeviceMemory update(int states) {
    MemorySegment update = MemorySegment.ofArray(new long[8]);
    long[] pointers = {z.address(), x.address(), y.address(), other.address(), result.address()};
    for (int i = 0; i < 2 + states; i++) {
      update.setAtIndex(ValueLayout.JAVA_LONG, i, pointers[i]);
    }
    update.setAtIndex(ValueLayout.JAVA_LONG, 5, n);
    return runs.upload(update);
  }

  private void optimizers() {
    for (DeviceMemory state : List.of(other, result)) {
      runs.launch("movement_fill_b32", l -> l.pointer(state).strided(C, C).int64(n).int32(0));
    }
    optimizer("sgd", 1, l -> l.float32(0.9f).float32(0).int32(0));
    optimizer("adam", 2, l -> floats(l, 0.9f, 0.1f, 0.9f, 0.1f, 1, 0));
    optimizer("rmsprop", 3, l -> floats(l, 0.9f, 0.1f, 1, 0.1f, 0));
    optimizer("adagrad", 1, l -> floats(l, 1, 0));
    DeviceMemory update = update(0);
    runs.row(
        "optimizer_squares_f32",
        f,
        8L * runs.blocks(),
        l -> l.pointer(other).pointer(update).int32(1));
    runs.row(
        "optimizer_norms_f32",
        "",
        1,
        8L * runs.blocks(),
        4,
        l -> l.pointer(result).pointer(other).int32(1).int32(runs.blocks()));
  }

  private static Launch floats(Launch launch, float... values) {
    for (float value : values) {
      launch.float32(value);
    }
    return launch;
  }

  private void optimizer(String rule, int states, UnaryOperator<Launch> scalars) {
    DeviceMemory update = update(states);
    runs.row(
        "optimizer_" + rule + "_f32",
        (2 + states) * f,
        (1 + states) * f,
        l -> scalars.apply(l.pointer(update).int32(1)));
  }

  private void normalisation() {
    long statistics = 8 * rows;
    runs.row(
        "normalisation_layer_f32",
        f + 2 * rowBytes,
        f + statistics,
        l ->
            l.pointer(result)
                .pointer(other)
                .pointer(other, 4 * rows)
                .pointer(x)
                .pointer(y)
                .pointer(y)
                .int64(rows)
                .int64(columns)
                .int32(LANES)
                .float64(EPSILON));
    UnaryOperator<Launch> statistic = l -> l.pointer(other).pointer(other, 4 * rows);
    runs.row(
        "normalisation_layer_gradient_f32",
        2 * f + rowBytes + statistics,
        f,
        l ->
            statistic
                .apply(l.pointer(result).pointer(x).pointer(y).pointer(y))
                .int64(rows)
                .int64(columns)
                .int32(LANES));
    runs.row(
        "normalisation_layer_parameters_f32",
        2 * f + statistics,
        2 * rowBytes,
        l ->
            statistic
                .apply(l.pointer(result).pointer(integers).pointer(x).pointer(y))
                .int64(rows)
                .int64(columns)
                .int64(1)
                .int32(8));
  }
}
