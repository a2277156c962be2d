package org.hypergrad.engine.backend;

import java.lang.foreign.MemorySegment;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.engine.memory.Memory;
import org.hypergrad.engine.op.Op;

/**
 * What runs ops on a device. Inputs come in any strides; outputs are allocated beforehand in the
 * layout that the backend chose, and undefined. Safe for use by several threads.
 */
public interface Backend {
  /** The device's name. */
  String name();

  Memory memory();

  /** Whether tensors of this type can be made here. */
  boolean supports(DType dtype);

  /** Strides, in elements, that output {@code index} of an op shall have: dense, in any order. */
  default long[] layout(Op op, Tensor[] in, int index, Spec spec) {
    return spec.shape().contiguousStrides();
  }

  /** Computes {@code out} from {@code in}: one switch over the sealed ops, with no default. */
  void run(Op op, Tensor[] in, Tensor[] out);

  /** Waits until all ops that this thread ran are done. */
  default void finish() {}

  /** Copies elements between tensors of one shape and type, any strides, no overlap. */
  void copy(Tensor source, Tensor target);

  /** Sets every element of a tensor of any strides. */
  void fill(Tensor target, double value);

  /** Copies host values in row-major order into a contiguous tensor. */
  void upload(MemorySegment values, Tensor target);

  /** A heap copy of the values of a contiguous tensor. */
  MemorySegment download(Tensor source);

  /** A segment that starts with the element at {@code index} of the tensor's block. */
  MemorySegment read(Tensor source, long index);

  /** Whether it can run ops again without the host: {@link #recorder}. */
  default boolean records() {
    return false;
  }

  /**
   * Runs ops again without the host.
   *
   * @throws DeviceException if it cannot
   */
  default Recorder recorder() {
    throw new DeviceException(
        "graph", "this device captures nothing", name(), "a GPU: cuda, or simulated", "");
  }

  void setThreads(int threads);

  int threads();
}
