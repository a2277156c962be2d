package org.hypergrad.bench;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import org.hypergrad.kernels.DeviceMemory;

/**
 * Launches of kernels on aligned data: a matrix where there are two axes, and its elements in a row
 * where there is one.
 */
abstract class KernelRows {
  static final long SEED = 1;

  /** No axes: every operand is contiguous. */
  static final long[] C = {};

  static final long[] BY_ROW = {1, 0};
  static final long[] BY_COLUMN = {0, 1};

  final KernelRuns runs;
  final int rows;
  final int columns;
  final int n;

  /** Bytes of all elements, as floats. */
  final long f;

  final long rowBytes;
  final long[] matrix;
  final long[] whole;
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

  KernelRows(KernelRuns runs, int rows, int columns) {
    this.runs = runs;
    this.rows = rows;
    this.columns = columns;
    n = rows * columns;
    f = 4L * n;
    rowBytes = 4L * columns;
    matrix = new long[] {rows, columns};
    whole = new long[] {columns, 1};
    x = uniform(0.1);
    y = uniform(0.1);
    z = uniform(0.1);
    result = runs.block(f);
    other = runs.block(f);
    integers = runs.block(f);
    byteResult = runs.block(n);
    fault = runs.upload(MemorySegment.ofArray(new long[] {Long.MAX_VALUE}));
    bytes = runs.block(n);
    runs.launch(
        "pointwise_lt_f32", l -> l.pointer(bytes).pointer(x).pointer(y).strided(C, C, C).int64(n));
    labels = runs.block(f);
    runs.launch(
        "pointwise_cast_u8_i32", l -> l.pointer(labels).pointer(bytes).strided(C, C).int64(n));
  }

  private DeviceMemory uniform(double low) {
    DeviceMemory block = runs.block(f);
    runs.launch(
        "random_uniform_f32",
        l -> l.pointer(block).int64(n).int64(SEED).int64(0).nullPointer().float64(low).float64(1));
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
