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
  ElementRows(KernelTable table) {
    super(table);
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
      table.row(
          "unary_" + lower(kind) + "_f32",
          F,
          F,
          l -> l.pointer(result).pointer(x).strided(C, C).int64(N).float32(0.5f).float32(1));
      table.row(
          "unary_" + lower(kind) + "_gradient_f32",
          kind.keeps() == Keeps.NOTHING ? F : 2 * F,
          F,
          l ->
              l.pointer(result)
                  .pointer(x)
                  .pointer(y)
                  .strided(C, C, C)
                  .int64(N)
                  .float32(0.5f)
                  .float32(1));
    }
  }

  private void binary() {
    for (BinaryKind kind : BinaryKind.values()) {
      String name = "binary_" + lower(kind);
      table.row(
          name + "_f32",
          2 * F,
          F,
          l -> l.pointer(result).pointer(x).pointer(y).strided(C, C, C).int64(N));
      for (String side : List.of("x", "y")) {
        table.row(
            name + "_gradient_" + side + "_f32",
            kind.keeps() == Keeps.NOTHING ? F : 3 * F,
            F,
            l -> l.pointer(result).pointer(z).pointer(x).pointer(y).strided(C, C, C, C).int64(N));
      }
    }
    table.row(
        "binary_add_f32",
        "bias",
        64,
        F + ROW_BYTES,
        F,
        l -> l.pointer(result).pointer(x).pointer(y).strided(MATRIX, WHOLE, BY_COLUMN).int64(N));
  }

  private void pointwise() {
    for (Type type : types()) {
      for (CompareKind kind : CompareKind.values()) {
        table.row(
            "pointwise_" + lower(kind) + "_" + type.name(),
            2L * type.size() * N,
            N,
            l ->
                l.pointer(byteResult)
                    .pointer(type.operand())
                    .pointer(type.operand())
                    .strided(C, C, C)
                    .int64(N));
      }
      for (Type to : types()) {
        if (to != type && !to.name().equals(type.name())) {
          table.row(
              "pointwise_cast_" + type.name() + "_" + to.name(),
              (long) type.size() * N,
              (long) to.size() * N,
              l -> l.pointer(to.result()).pointer(type.operand()).strided(C, C).int64(N));
        }
      }
      table.row(
          "pointwise_arange_" + type.name(),
          0,
          (long) type.size() * N,
          l -> l.pointer(type.result()).int64(N).float64(0).float64(1));
    }
    table.row(
        "pointwise_where_b32",
        N + 2 * F,
        F,
        l -> l.pointer(result).pointer(bytes).pointer(x).pointer(y).strided(C, C, C, C).int64(N));
    table.row(
        "pointwise_where_b8",
        3L * N,
        N,
        l ->
            l.pointer(byteResult)
                .pointer(bytes)
                .pointer(bytes)
                .pointer(bytes)
                .strided(C, C, C, C)
                .int64(N));
  }

  private void random() {
    UnaryOperator<Launch> of = l -> l.int64(N).int64(SEED).int64(0);
    table.row("random_uniform_f32", 0, F, l -> of.apply(l.pointer(result)).float64(0).float64(1));
    table.row("random_normal_f32", 0, F, l -> of.apply(l.pointer(result)).float32(0).float32(1));
    table.row(
        "random_dropout_f32",
        F,
        F,
        l -> of.apply(l.pointer(result).pointer(x)).int32(1 << 22).float32(2));
  }

  private void movement() {
    for (Type type : types().stream().filter(t -> !t.name().equals("i32")).toList()) {
      String name = type.size() == 4 ? "b32" : "b8";
      long all = (long) type.size() * N;
      long[] half = {ROWS, COLUMNS / 2};
      table.row(
          "movement_copy_" + name,
          all / 2,
          all / 2,
          l ->
              l.pointer(type.result())
                  .pointer(type.operand())
                  .strided(half, new long[] {COLUMNS / 2, 1}, WHOLE)
                  .int64(N / 2));
      table.row(
          "movement_fill_" + name,
          0,
          all,
          l -> l.pointer(type.result()).strided(C, C).int64(N).int32(0));
      table.row(
          "movement_transpose_" + name,
          all,
          all,
          l ->
              l.pointer(type.result()).pointer(type.operand()).int64(1).int64(ROWS).int64(COLUMNS));
      table.row(
          "movement_place_" + name,
          all / 2,
          all,
          l ->
              l.pointer(type.result())
                  .pointer(type.operand())
                  .struct(placement())
                  .int64(N)
                  .int32(0));
      table.row(
          "movement_gather_" + name,
          all + F,
          all,
          l ->
              l.pointer(type.result())
                  .pointer(fault)
                  .pointer(type.operand())
                  .pointer(labels)
                  .int64(N)
                  .int64(ROWS)
                  .int64(ROWS)
                  .int64(COLUMNS));
    }
  }

  /** Half as many columns, in the middle. */
  private static MemorySegment placement() {
    int axes = Launch.MAX_RANK;
    long[] words = new long[1 + 4 * axes];
    words[0] = 2;
    long[][] values = {MATRIX, {ROWS, COLUMNS / 2}, {0, COLUMNS / 4}, {1, 1}};
    for (int i = 0; i < values.length; i++) {
      System.arraycopy(values[i], 0, words, 1 + i * axes, 2);
    }
    return MemorySegment.ofArray(words);
  }

  private void indexing() {
    table.row(
        "movement_scatter_add_f32",
        3 * F,
        F,
        l ->
            l.pointer(z)
                .pointer(fault)
                .pointer(x)
                .pointer(labels)
                .int64(COLUMNS)
                .int64(ROWS)
                .int64(ROWS)
                .int64(COLUMNS));
    for (Type type : types()) {
      table.row(
          "movement_one_hot_" + type.name(),
          4 * ROWS,
          (long) type.size() * N,
          l -> l.pointer(type.result()).pointer(fault).pointer(labels).int64(N).int64(COLUMNS));
    }
    table.row(
        "movement_top_k_f32",
        F,
        8 * ROWS,
        l ->
            l.pointer(result)
                .pointer(integers)
                .pointer(x)
                .int64(ROWS)
                .int64(COLUMNS)
                .int64(1)
                .int64(1)
                .int32(32));
  }

  private void images() {
    int side = 32;
    int channels = 3;
    int images = 256;
    long elements = (long) images * channels * side * side;
    DeviceMemory pixels = table.upload(MemorySegment.ofArray(new byte[(int) elements]));
    DeviceMemory windows = table.upload(MemorySegment.ofArray(new int[3 * images]));
    DeviceMemory batch = table.block(4 * elements);
    for (String layout : List.of("interleaved", "planes")) {
      table.row(
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
