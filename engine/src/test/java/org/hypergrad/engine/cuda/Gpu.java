package org.hypergrad.engine.cuda;

import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.kernels.CudaContext;
import org.hypergrad.kernels.CudaStream;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;
import org.hypergrad.kernels.LaunchShape;

/**
 * A device on which tests launch kernels: copies of host tensors, results, and the names of what
 * was launched. What a case made is freed by {@link #endCase}.
 */
final class Gpu implements AutoCloseable {
  /** Threads of every block; the kernels are compiled for no other number. */
  static final int THREADS = 256;

  /**
   * Rounding of float32 functions against double, relative to an element or 1: their errors are a
   * few units in the last place, 6e-8 each.
   */
  private static final double TOLERANCE = 4e-6;

  private final CudaContext context = CudaContext.open(0);
  private final CudaStream stream = context.newStream();
  private final List<DeviceMemory> blocks = new ArrayList<>();
  private final Set<String> launched = new TreeSet<>();

  /** Names of the kernels launched in this case. */
  Set<String> launched() {
    return Set.copyOf(launched);
  }

  void endCase() {
    blocks.forEach(DeviceMemory::close);
    blocks.clear();
    launched.clear();
  }

  @Override
  public void close() {
    stream.close();
    context.close();
  }

  /** A block whose content is undefined. */
  DeviceMemory block(long bytes) {
    DeviceMemory block = context.memory().allocate("test", bytes, stream);
    blocks.add(block);
    return block;
  }

  /** A block with a tensor's elements in row-major order. */
  DeviceMemory upload(Tensor tensor) {
    Tensor dense = tensor.copy();
    DeviceMemory block = block(dense.count() * dense.dtype().bytes());
    context.staging().upload(dense.device().backend().download(dense), block, 0, stream);
    return block;
  }

  DeviceMemory upload(MemorySegment values) {
    DeviceMemory block = block(values.byteSize());
    context.staging().upload(values, block, 0, stream);
    return block;
  }

  /** The block of memory that a tensor looks at, with all that lies around its elements. */
  private DeviceMemory uploadAround(Tensor tensor) {
    return upload(tensor.segment());
  }

  /** Sets one element of a block of floats. */
  void set(DeviceMemory block, long index, float value) {
    MemorySegment one = MemorySegment.ofArray(new float[] {value});
    context.staging().upload(one, block, index * Float.BYTES, stream);
  }

  MemorySegment download(DeviceMemory block) {
    MemorySegment values = MemorySegment.ofArray(new byte[(int) block.bytes()]);
    context.staging().download(block, 0, values, stream);
    return values;
  }

  double[] download(DeviceMemory block, DType dtype) {
    MemorySegment values = download(block);
    double[] result = new double[(int) (block.bytes() / dtype.bytes())];
    for (int i = 0; i < result.length; i++) {
      result[i] = Elements.get(dtype, values, i);
    }
    return result;
  }

  /** Begins a launch in a line of blocks. */
  Launch launch(String kernel, int gridX) {
    return launch(kernel, LaunchShape.line(gridX, THREADS));
  }

  Launch launch(String kernel, LaunchShape shape) {
    launched.add(kernel);
    return context.module(family(kernel)).kernel(kernel).launch(stream, shape);
  }

  /** Family names may hold an underscore themselves: cross_entropy_loss_f32. */
  static String family(String kernel) {
    return kernel.startsWith("cross_entropy") ? "cross_entropy" : kernel.split("_", 2)[0];
  }

  /**
   * Launches a kernel of the form (result, operands, strides, count, scalars) and returns its
   * result in row-major order.
   *
   * @param scalars adds what follows the count
   */
  double[] map(
      String kernel,
      DType result,
      Shape shape,
      int gridX,
      List<Tensor> operands,
      UnaryOperator<Launch> scalars) {
    DeviceMemory out = block(shape.count() * result.bytes());
    List<DeviceMemory> in = operands.stream().map(this::uploadAround).toList();
    Launch launch = launch(kernel, gridX).pointer(out);
    for (int i = 0; i < in.size(); i++) {
      Tensor operand = operands.get(i);
      launch.pointer(in.get(i), operand.offset() * operand.dtype().bytes());
    }
    strided(launch, shape, operands);
    scalars.apply(launch.int64(shape.count())).run();
    return download(out, result);
  }

  /** The operands' strides along the axes of a result; none if all lie just as it does. */
  static void strided(Launch launch, Shape shape, List<Tensor> operands) {
    boolean contiguous =
        operands.stream().allMatch(t -> t.shape().equals(shape) && t.isContiguous());
    long[] extents = contiguous ? new long[0] : shape.toArray();
    launch.strided(
        extents,
        operands.stream()
            .map(t -> contiguous ? new long[0] : t.broadcastTo(shape).strides())
            .toArray(long[][]::new));
  }

  /** Fails unless the results are equal up to rounding, NaN and infinities exactly. */
  static void assertClose(String what, double[] expected, double[] actual) {
    assertWithin(TOLERANCE, what, expected, actual);
  }

  /** Fails unless the results are the same numbers. */
  static void assertSame(String what, double[] expected, double[] actual) {
    assertWithin(0, what, expected, actual);
  }

  private static void assertWithin(
      double tolerance, String what, double[] expected, double[] actual) {
    if (expected.length != actual.length) {
      fail(what + ": expected " + expected.length + " elements, got " + actual.length);
    }
    for (int i = 0; i < expected.length; i++) {
      double e = expected[i];
      boolean same =
          Double.isFinite(e)
              ? Math.abs(e - actual[i]) <= tolerance * Math.max(1, Math.abs(e))
              : Double.compare(e, actual[i]) == 0;
      if (!same) {
        fail(what + " element " + i + ": expected " + e + ", got " + actual[i]);
      }
    }
  }
}
