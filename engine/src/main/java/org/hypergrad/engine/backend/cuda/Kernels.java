package org.hypergrad.engine.backend.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.hypergrad.engine.Tensor;
import org.hypergrad.kernels.CudaContext;
import org.hypergrad.kernels.CudaStream;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.DeviceView;
import org.hypergrad.kernels.Launch;
import org.hypergrad.kernels.LaunchShape;

/**
 * Launches on the stream of a backend, with tensors as arguments. A thread puts one launch together
 * at a time: what an argument needs, such as a contiguous copy, is made before it begins.
 */
final class Kernels {
  /** Threads of every block; the kernels are compiled for no other number. */
  static final int THREADS = 256;

  private final CudaContext context;
  private final CudaStream stream;
  private final CudaMemory memory;

  Kernels(CudaContext context, CudaStream stream, CudaMemory memory) {
    this.context = context;
    this.stream = stream;
    this.memory = memory;
  }

  /** Begins a launch for a kernel that loops over elements, at least one. */
  Launch over(long elements, String kernel) {
    return launch(kernel, LaunchShape.over(elements, THREADS, context.device().limits()));
  }

  /** Begins a launch for a kernel that loops over jobs of a block each. */
  Launch blocks(long jobs, String kernel) {
    return over(Math.max(1, Math.min(jobs, 1L << 40)) * THREADS, kernel);
  }

  /** Begins a launch of a shape of the caller's. */
  Launch launch(String kernel, LaunchShape shape) {
    return context.module(family(kernel)).kernel(kernel).launch(stream, shape);
  }

  /** The family is what stands before the first underscore, but for cross_entropy. */
  private static String family(String kernel) {
    return kernel.startsWith("cross_entropy")
        ? "cross_entropy"
        : kernel.substring(0, kernel.indexOf('_'));
  }

  /** A block for intermediate results, to be closed when the last launch that uses it is queued. */
  DeviceMemory scratch(String op, long bytes) {
    return memory.take(op, bytes);
  }

  /** Copies bytes of the host to the start of a block, in order with what is queued. */
  void upload(MemorySegment bytes, DeviceMemory target) {
    context.staging().upload(bytes, target, 0, stream);
  }

  /** The block in which a tensor lies. */
  static DeviceMemory block(Tensor tensor) {
    return ((CudaMemory.CudaBlock) tensor.block()).memory();
  }

  /** Bytes between the start of its block and a tensor's first element. */
  static long byteOffset(Tensor tensor) {
    return tensor.offset() * tensor.dtype().bytes();
  }

  /** A tensor's first element, for a library. */
  static DeviceView view(Tensor tensor) {
    return new DeviceView(block(tensor), byteOffset(tensor));
  }

  /** Adds the address of a tensor's first element. */
  static Launch pointer(Launch launch, Tensor tensor) {
    return launch.pointer(block(tensor), byteOffset(tensor));
  }

  static Launch pointers(Launch launch, Tensor... tensors) {
    for (Tensor tensor : tensors) {
      pointer(launch, tensor);
    }
    return launch;
  }

  /** The kernels' {@code struct Placement}: the rank, then rows of {@link Launch#MAX_RANK}. */
  static MemorySegment placement(long[]... rows) {
    MemorySegment struct =
        Arena.ofAuto().allocate((1 + (long) rows.length * Launch.MAX_RANK) * Long.BYTES, 8);
    struct.set(ValueLayout.JAVA_INT, 0, rows[0].length);
    for (int row = 0; row < rows.length; row++) {
      for (int axis = 0; axis < rows[row].length; axis++) {
        struct.setAtIndex(
            ValueLayout.JAVA_LONG, 1 + (long) row * Launch.MAX_RANK + axis, rows[row][axis]);
      }
    }
    return struct;
  }
}
