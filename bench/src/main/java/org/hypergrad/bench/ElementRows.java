package org.hypergrad.bench;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.UnaryOperator;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.CompareKind;
import org.hypergrad.engine.op.Keeps;
import org.hypergrad.engine.op.UnaryKind;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Kernels in which each element of the result stands alone. */
final class ElementRows extends KernelRows {
  ElementRows(KernelRuns runs, int rows, int columns) {
    super(runs, rows, columns);
  }

  @Override
  void all() {
    unary();
    binary();
    pointwise();
    random();
    movement();
    indexing();
    images();
  }

  private void unary() {
    for (UnaryKind kind : UnaryKind.values()) {
      runs.row(
          "unary_" + lower(kind) + "_f32",
          f,
          f,
          l -> l.pointer(result).pointer(x).strided(C, C).int64(n).float32(0.5f).float32(1));
      runs.row(
          "unary_" + lower(kind) + "_gradient_f32",
          kind.keeps() == Keeps.NOTHING ? f : 2 * f,
          f,
          l ->
              l.pointer(result)
                  .pointer(x)
                  .pointer(y)
                  .strided(C, C, C)
                  .int64(n)
                  .float32(0.5f)
                  .float32(1));
    }
  }

  private void binary() {
    for (BinaryKind kind : BinaryKind.values()) {
      String name = "binary_" + lower(kind);
      runs.row(
          name + "_f32",
          2 * f,
          f,
          l -> l.pointer(result).pointer(x).pointer(y).strided(C, C, C).int64(n));
      for (String side : List.of("x", "y")) {
        runs.row(
            name + "_gradient_" + side + "_f32",
            kind.keeps() == Keeps.NOTHING ? f : 3 * f,
            f,
            l -> l.pointer(result).pointer(z).pointer(x).pointer(y).strided(C, C, C, C).int64(n));
      }
    }
    runs.row(
        "binary_add_f32",
        "bias",
        f + rowBytes,
        f,
        l -> l.pointer(result).pointer(x).pointer(y).strided(matrix, whole, BY_COLUMN).int64(n));
  }

  private void pointwise() {
    for (Type type : types()) {
      for (CompareKind kind : CompareKind.values()) {
        runs.row(
            "pointwise_" + lower(kind) + "_" + type.name(),
            2L * type.size() * n,
            n,
            l ->
                l.pointer(byteResult)
                    .pointer(type.operand())
                    .pointer(type.operand())
                    .strided(C, C, C)
                    .int64(n));
      }
      for (Type to : types()) {
        if (to != type && !to.name().equals(type.name())) {
          runs.row(
              "pointwise_cast_" + type.name() + "_" + to.name(),
              (long) type.size() * n,
              (long) to.size() * n,
              l -> l.pointer(to.result()).pointer(type.operand()).strided(C, C).int64(n));
        }
      }
      runs.row(
          "pointwise_arange_" + type.name(),
          0,
          (long) type.size() * n,
          l -> l.pointer(type.result()).int64(n).float64(0).float64(1));
    }
    runs.row(
        "pointwise_where_b32",
        n + 2 * f,
        f,
        l -> l.pointer(result).pointer(bytes).pointer(x).pointer(y).strided(C, C, C, C).int64(n));
    runs.row(
        "pointwise_where_b8",
        3L * n,
        n,
        l ->
            l.pointer(byteResult)
                .pointer(bytes)
                .pointer(bytes)
                .pointer(bytes)
                .strided(C, C, C, C)
                .int64(n));
  }

  private void random() {
    UnaryOperator<Launch> of = l -> l.int64(n).int64(SEED).int64(0).nullPointer();
    runs.row("random_uniform_f32", 0, f, l -> of.apply(l.pointer(result)).float64(0).float64(1));
    runs.row("random_normal_f32", 0, f, l -> of.apply(l.pointer(result)).float32(0).float32(1));
    runs.row(
        "random_dropout_f32",
        f,
        f,
        l -> of.apply(l.pointer(result).pointer(x)).int32(1 << 22).float32(2));
  }

  private void movement() {
    for (Type type : types().stream().filter(t -> !t.name().equals("i32")).toList()) {
      String name = type.size() == 4 ? "b32" : "b8";
      long all = (long) type.size() * n;
      long[] half = {rows, columns / 2};
      runs.row(
          "movement_copy_" + name,
          all / 2,
          all / 2,
          l ->
              l.pointer(type.result())
                  .pointer(type.operand())
                  .strided(half, new long[] {columns / 2, 1}, whole)
                  .int64(n / 2));
      runs.row(
          "movement_fill_" + name,
          0,
          all,
          l -> l.pointer(type.result()).strided(C, C).int64(n).int32(0));
      runs.row(
          "movement_transpose_" + name,
          all,
          all,
          l ->
              l.pointer(type.result()).pointer(type.operand()).int64(1).int64(rows).int64(columns));
      runs.row(
          "movement_place_" + name,
          all / 2,
          all,
          l ->
              l.pointer(type.result())
                  .pointer(type.operand())
                  .struct(placement())
                  .int64(n)
                  .int32(0));
      runs.row(
          "movement_gather_" + name,
          all + f,
          all,
          l ->
              l.pointer(type.result())
                  .pointer(fault)
                  .pointer(type.operand())
                  .pointer(labels)
                  .int64(n)
                  .int64(rows)
                  .int64(rows)
                  .int64(columns));
    }
  }

  /** Half as many columns, in the middle. */
  private MemorySegment placement() {
    int axes = Launch.MAX_RANK;
    long[] words = new long[1 + 4 * axes];
    words[0] = 2;
    long[][] values = {matrix, {rows, columns / 2}, {0, columns / 4}, {1, 1}};
    for (int i = 0; i < values.length; i++) {
      System.arraycopy(values[i], 0, words, 1 + i * axes, 2);
    }
    return MemorySegment.ofArray(words);
  }

  private void indexing() {
    runs.row(
        "movement_scatter_add_f32",
        3 * f,
        f,
        l ->
            l.pointer(z)
                .pointer(fault)
                .pointer(x)
                .pointer(labels)
                .int64(columns)
                .int64(rows)
                .int64(rows)
                .int64(columns)
                .int32(1));
    for (Type type : types()) {
      runs.row(
          "movement_one_hot_" + type.name(),
          4 * rows,
          (long) type.size() * n,
          l -> l.pointer(type.result()).pointer(fault).pointer(labels).int64(n).int64(columns));
    }
    runs.row(
        "movement_top_k_f32",
        f,
        8 * rows,
        l ->
            l.pointer(result)
                .pointer(integers)
                .pointer(x)
                .int64(rows)
                .int64(columns)
                .int64(1)
                .int64(1)
                .int32(32));
  }

  private void images() {
    int side = 32;
    int channels = 3;
    int images = n / (side * side);
    long elements = (long) images * channels * side * side;
    DeviceMemory pixels = runs.upload(MemorySegment.ofArray(new byte[(int) elements]));
    DeviceMemory windows = runs.upload(MemorySegment.ofArray(new int[3 * images]));
    DeviceMemory batch = runs.block(4 * elements);
    for (String layout : List.of("interleaved", "planes")) {
      runs.row(
          "image_" + layout + "_f32",
          elements,
          4 * elements,
          l ->
              l.pointer(batch)
                  .pointer(pixels)
                  .pointer(windows)
                  .pointer(x)
                  .pointer(y)
                  .int64(images)
                  .int64(channels)
                  .int64(side)
                  .int64(side)
                  .int64(side)
                  .int64(side));
    }
  }
}
