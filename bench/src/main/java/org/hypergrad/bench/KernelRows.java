package org.hypergrad.bench;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import org.hypergrad.kernels.DeviceMemory;

/**
 * Launches of kernels on aligned data of {@value #N} elements, as a matrix of {@value #ROWS} rows
 * of {@value #COLUMNS} where there are two axes, and the operands that they share.
 */
abstract class KernelRows {
  static final int N = 1 << 18;
  static final int ROWS = 1024;
  static final int COLUMNS = 256;
  static final long F = 4L * N;
  static final long ROW_BYTES = 4L * COLUMNS;
  static final long SEED = 1;

  /** No axes: every operand is contiguous. */
  static final long[] C = {};

  static final long[] MATRIX = {ROWS, COLUMNS};
  static final long[] WHOLE = {COLUMNS, 1};
  static final long[] BY_ROW = {1, 0};
  static final long[] BY_COLUMN = {0, 1};

  final KernelTable table;
  final DeviceMemory x;
  final DeviceMemory y;
  final DeviceMemory z;
  final DeviceMemory bytes;
  final DeviceMemory byteResult;
  final DeviceMemory labels;
  final DeviceMemory result;
  final DeviceMemory other;
  final DeviceMemory integers;
  final DeviceMemory fault;

  KernelRows(KernelTable table) {
    this.table = table;
    x = uniform(0.1);
    y = uniform(0.1);
    z = uniform(0.1);
    result = table.block(F);
    other = table.block(F);
    integers = table.block(F);
    byteResult = table.block(N);
    fault = table.upload(MemorySegment.ofArray(new long[] {Long.MAX_VALUE}));
    bytes = table.block(N);
    table.launch(
        "pointwise_lt_f32", l -> l.pointer(bytes).pointer(x).pointer(y).strided(C, C, C).int64(N));
    labels = table.block(F);
    table.launch(
        "pointwise_cast_u8_i32", l -> l.pointer(labels).pointer(bytes).strided(C, C).int64(N));
  }

  private DeviceMemory uniform(double low) {
    DeviceMemory block = table.block(F);
    table.launch(
        "random_uniform_f32",
        l -> l.pointer(block).int64(N).int64(SEED).int64(0).float64(low).float64(1));
    return block;
  }

  /** Prints a row or more for each kernel. */
  abstract void all();

  record Type(String name, int size, DeviceMemory operand, DeviceMemory result) {}

  List<Type> types() {
    return List.of(
        new Type("f32", 4, x, result),
        new Type("i32", 4, labels, integers),
        new Type("u8", 1, bytes, byteResult));
  }

  static String lower(Enum<?> kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
