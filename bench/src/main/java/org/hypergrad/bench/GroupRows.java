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

  GroupRows(KernelTable table) {
    super(table);
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
      table.row(
          kernel,
          "rows",
          64,
          F,
          4 * ROWS,
          l -> reduce(l.pointer(to).pointer(other).pointer(x), true));
      table.row(
          kernel,
          "columns",
          64,
          F,
          ROW_BYTES,
          l -> reduce(l.pointer(to).pointer(other).pointer(x), false));
      parts(kernel, to, stateBytes(kind), UnaryOperator.identity());
    }
    UnaryOperator<Launch> known = l -> l.pointer(y);
    table.row(
        "reduce_ties_f32",
        "rows",
        64,
        F + 4 * ROWS,
        4 * ROWS,
        l -> reduce(known.apply(l.pointer(result).pointer(other).pointer(x)), true));
    parts("reduce_ties_f32", result, stateBytes("ties"), known);
  }

  private static Launch reduce(Launch launch, boolean rows) {
    long[] kept = {rows ? COLUMNS : 1};
    long[] reduced = {rows ? 1 : COLUMNS};
    return launch
        .strided(new long[] {ROWS}, kept)
        .strided(new long[] {COLUMNS}, reduced)
        .int64(ROWS)
        .int64(COLUMNS)
        .int64(1)
        .int32(rows ? LANES : 8)
        .int32(rows ? 0 : 1)
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
    int parts = 32;
    table.row(
        kernel,
        "all, in parts",
        64,
        F,
        stateBytes * parts,
        l ->
            known
                .apply(l.pointer(to).pointer(other).pointer(x))
                .strided(new long[] {1}, new long[] {0})
                .strided(C, C)
                .int64(1)
                .int64(N)
                .int64(parts)
                .int32(256)
                .int32(0)
                .float64(1));
    table.row(
        kernel.replace("_f32", "_finish_f32"),
        "",
        1,
        stateBytes * parts,
        4,
        l -> l.pointer(to).pointer(other).int64(1).int64(N).int64(parts).float64(1));
  }

  private void reductionGradients() {
    long groups = 4 * ROWS;
    table.row(
        "reduce_extreme_gradient_f32",
        F + 3 * groups,
        F,
        l ->
            l.pointer(result)
                .pointer(y)
                .pointer(x)
                .pointer(y)
                .pointer(y)
                .strided(MATRIX, WHOLE, BY_ROW)
                .int64(N));
    for (String kind : List.of("log_sum_exp", "norm")) {
      table.row(
          "reduce_" + kind + "_gradient_f32",
          F + 2 * groups,
          F,
          l ->
              l.pointer(result)
                  .pointer(y)
                  .pointer(x)
                  .pointer(y)
                  .strided(MATRIX, WHOLE, BY_ROW)
                  .int64(N));
    }
  }

  private void softmax() {
    for (String kind : List.of("value", "log")) {
      UnaryOperator<Launch> rows = l -> l.int64(ROWS).int64(COLUMNS).int64(1).int32(LANES);
      UnaryOperator<Launch> columns = l -> l.int64(N / 32).int64(32).int64(COLUMNS).int32(8);
      String kernel = "softmax_" + kind + "_f32";
      String gradient = "softmax_" + kind + "_gradient_f32";
      table.row(kernel, "rows", 64, F, F, l -> rows.apply(l.pointer(result).pointer(x)));
      table.row(kernel, "columns", 64, F, F, l -> columns.apply(l.pointer(result).pointer(x)));
      table.row(
          gradient, "rows", 64, 2 * F, F, l -> rows.apply(l.pointer(result).pointer(x).pointer(y)));
      table.row(
          gradient,
          "columns",
          64,
          2 * F,
          F,
          l -> columns.apply(l.pointer(result).pointer(x).pointer(y)));
    }
  }

  private void crossEntropy() {
    int ignored = -100;
    table.row(
        "cross_entropy_loss_f32",
        F + 4 * ROWS,
        4 * ROWS,
        l ->
            l.pointer(result)
                .pointer(fault)
                .pointer(x)
                .pointer(labels)
                .nullPointer()
                .int64(ROWS)
                .int64(COLUMNS)
                .int64(1)
                .int32(8)
                .int32(ignored)
                .float64(0));
    table.row(
        "cross_entropy_total_f32",
        "",
        1,
        8 * ROWS,
        8,
        l ->
            l.pointer(other)
                .pointer(other, 4)
                .pointer(x)
                .pointer(labels)
                .nullPointer()
                .int64(ROWS)
                .int64(COLUMNS)
                .int32(ignored)
                .int32(1));
    table.row(
        "cross_entropy_gradient_f32",
        F + 4 * ROWS,
        F,
        l ->
            l.pointer(result)
                .pointer(y)
                .pointer(x)
                .pointer(labels)
                .nullPointer()
                .pointer(other, 4)
                .int64(ROWS)
                .int64(COLUMNS)
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
    update.setAtIndex(ValueLayout.JAVA_LONG, 5, N);
    return table.upload(update);
  }

  private void optimizers() {
    for (DeviceMemory state : List.of(other, result)) {
      table.launch("movement_fill_b32", l -> l.pointer(state).strided(C, C).int64(N).int32(0));
    }
    optimizer("sgd", 1, l -> l.float32(0.9f).float32(0).int32(0));
    optimizer("adam", 2, l -> floats(l, 0.9f, 0.1f, 0.9f, 0.1f, 1, 0));
    optimizer("rmsprop", 3, l -> floats(l, 0.9f, 0.1f, 1, 0.1f, 0));
    optimizer("adagrad", 1, l -> floats(l, 1, 0));
    DeviceMemory update = update(0);
    table.row("optimizer_squares_f32", F, 8 * 64, l -> l.pointer(other).pointer(update).int32(1));
    table.row(
        "optimizer_norm_f32",
        "",
        1,
        8 * 64,
        8,
        l -> l.pointer(result).pointer(result, 4).pointer(other).int64(64).float64(1));
    table.row("optimizer_scale_f32", F, F, l -> l.pointer(update).int32(1).pointer(result, 4));
  }

  private static Launch floats(Launch launch, float... values) {
    for (float value : values) {
      launch.float32(value);
    }
    return launch;
  }

  private void optimizer(String rule, int states, UnaryOperator<Launch> scalars) {
    DeviceMemory update = update(states);
    table.row(
        "optimizer_" + rule + "_f32",
        (2 + states) * F,
        (1 + states) * F,
        l -> scalars.apply(l.pointer(update).int32(1)));
  }

  private void normalisation() {
    long statistics = 8 * ROWS;
    table.row(
        "normalisation_layer_f32",
        F + 2 * ROW_BYTES,
        F + statistics,
        l ->
            l.pointer(result)
                .pointer(other)
                .pointer(other, 4 * ROWS)
                .pointer(x)
                .pointer(y)
                .pointer(y)
                .int64(ROWS)
                .int64(COLUMNS)
                .int32(LANES)
                .float64(EPSILON));
    UnaryOperator<Launch> statistic = l -> l.pointer(other).pointer(other, 4 * ROWS);
    table.row(
        "normalisation_layer_gradient_f32",
        2 * F + ROW_BYTES + statistics,
        F,
        l ->
            statistic
                .apply(l.pointer(result).pointer(x).pointer(y).pointer(y))
                .int64(ROWS)
                .int64(COLUMNS)
                .int32(LANES));
    table.row(
        "normalisation_layer_parameters_f32",
        2 * F + statistics,
        2 * ROW_BYTES,
        l ->
            statistic
                .apply(l.pointer(result).pointer(integers).pointer(x).pointer(y))
                .int64(ROWS)
                .int64(COLUMNS)
                .int64(1)
                .int32(8));
  }
}
