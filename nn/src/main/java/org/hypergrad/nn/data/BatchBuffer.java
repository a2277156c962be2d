package org.hypergrad.nn.data;

import java.lang.foreign.MemorySegment;
import java.util.stream.LongStream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * Host memory for the examples of one batch, filled in parts by several threads at once and used
 * again for later batches.
 */
final class BatchBuffer {
  /** What a Java array holds on every machine. */
  static final int MAX_VALUES = Integer.MAX_VALUE - 8;

  private final Plan plan;
  private final MemorySegment inputs;
  private final MemorySegment targets;
  private Failure failure;

  /** Why an example is not there. */
  private record Failure(int row, int index, String what, long at, double value, Throwable cause) {}

  BatchBuffer(Plan plan) {
    this.plan = plan;
    this.inputs = allocate(plan, plan.dataset().input());
    this.targets = allocate(plan, plan.dataset().target());
  }

  /** Arrays of the element type: their memory is aligned for it. */
  private static MemorySegment allocate(Plan plan, Spec example) {
    int rows = Math.min(plan.batchSize(), plan.order().length);
    int values = Math.toIntExact(example.shape().count() * rows);
    return switch (example.dtype()) {
      case FLOAT32 -> MemorySegment.ofArray(new float[values]);
      case FLOAT64 -> MemorySegment.ofArray(new double[values]);
      case INT32 -> MemorySegment.ofArray(new int[values]);
      case UINT8 -> MemorySegment.ofArray(new byte[values]);
    };
  }

  /** Forgets the failure of the batch before. */
  void reset() {
    failure = null;
  }

  /** Reads one row of a batch; tells whether it is good. */
  boolean read(int batch, int row) {
    Dataset dataset = plan.dataset();
    int index = plan.index(batch, row);
    try {
      MemorySegment input = example(inputs, dataset.input(), row);
      MemorySegment target = example(targets, dataset.target(), row);
      dataset.read(index, plan.random(index), input, target);
      return isFinite(row, index, "input", dataset.input(), input)
          && isFinite(row, index, "target", dataset.target(), target);
    } catch (Throwable cause) {
      // Errors too: one that ended a thread in silence would leave the consumer waiting.
      fail(new Failure(row, index, "", 0, 0, cause));
      return false;
    }
  }

  private static MemorySegment example(MemorySegment all, Spec example, int row) {
    long bytes = example.shape().count() * example.dtype().bytes();
    return all.asSlice(row * bytes, bytes);
  }

  private boolean isFinite(int row, int index, String what, Spec example, MemorySegment values) {
    long at = NonFinite.first(example.dtype(), values);
    if (at >= 0) {
      double value = Elements.get(example.dtype(), values, at);
      fail(new Failure(row, index, what, at, value, null));
    }
    return at < 0;
  }

  /** Keeps the first row's failure, so that the number of threads does not decide which it is. */
  private synchronized void fail(Failure found) {
    if (failure == null || found.row < failure.row) {
      failure = found;
    }
  }

  /**
   * The batch, as tensors of the current scope.
   *
   * @throws DataException if an example is not there
   */
  Batch upload(int batch) {
    throwFailure();
    int size = plan.size(batch);
    return new Batch(input(batch, size), tensor(targets, plan.dataset().target(), size));
  }

  private Tensor input(int batch, int size) {
    Tensor read = tensor(inputs, plan.dataset().input(), size);
    if (plan.preparation() == null) {
      return read;
    }
    try (read) {
      return plan.prepare(batch, read);
    }
  }

  private static Tensor tensor(MemorySegment values, Spec example, int size) {
    DType dtype = example.dtype();
    long bytes = size * example.shape().count() * dtype.bytes();
    long[] extents =
        LongStream.concat(LongStream.of(size), LongStream.of(example.shape().toArray())).toArray();
    return Tensor.of(dtype, values.asSlice(0, bytes), extents);
  }

  private void throwFailure() {
    Failure f = failure;
    if (f == null) {
      return;
    }
    String example = plan.dataset().describe(f.index);
    if (f.cause == null) {
      Spec spec = f.what.equals("input") ? plan.dataset().input() : plan.dataset().target();
      throw NonFinite.exception(example, f.what, f.value, f.at, spec.shape());
    }
    if (f.cause instanceof DataException own && own.getMessage().contains(example)) {
      throw own;
    }
    throw new DataException(example, "cannot be read", f.cause.toString(), "", "", f.cause);
  }
}
