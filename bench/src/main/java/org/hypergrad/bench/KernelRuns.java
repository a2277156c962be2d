package org.hypergrad.bench;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.hypergrad.kernels.CudaContext;
import org.hypergrad.kernels.CudaStream;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;
import org.hypergrad.kernels.LaunchShape;

/** Launches every kernel on the first device; what is measured of a launch is the subclass's. */
abstract class KernelRuns implements AutoCloseable {
  private static final int THREADS = 256;
  private static final List<String> FAMILIES =
      List.of(
          "unary",
          "binary",
          "pointwise",
          "reduce",
          "softmax",
          "cross_entropy",
          "random",
          "movement",
          "image",
          "optimizer",
          "fop",
          "normalisation",
          "pool");

  private final CudaContext context = CudaContext.open(0);
  private final CudaStream stream = context.newStream();
  private final List<DeviceMemory> memory = new ArrayList<>();
  private final Set<String> measured = new TreeSet<>();

  final CudaContext context() {
    return context;
  }

  final CudaStream stream() {
    return stream;
  }

  /** Blocks of a launch that is to fill the device. */
  abstract int blocks();

  /** Measures a launch that must read and write so many bytes. */
  abstract void measure(
      String kernel,
      String title,
      int blocks,
      long read,
      long written,
      UnaryOperator<Launch> arguments);

  /**
   * Measures every kernel on matrices of this size.
   *
   * @throws IllegalStateException if a kernel has no row
   */
  final void all(int rows, int columns) {
    new ElementRows(this, rows, columns).all();
    new GroupRows(this, rows, columns).all();
    new PoolRows(this, rows, columns).all();
    new FopRows(this, rows, columns).all();
    Set<String> missing = new TreeSet<>();
    FAMILIES.forEach(family -> missing.addAll(context.module(family).kernels()));
    missing.removeAll(measured);
    if (!missing.isEmpty()) {
      throw new IllegalStateException("kernels without a row: " + missing);
    }
  }

  final DeviceMemory block(long bytes) {
    DeviceMemory block = context.memory().allocate("bench", bytes, stream);
    memory.add(block);
    return block;
  }

  final DeviceMemory upload(MemorySegment bytes) {
    DeviceMemory block = block(bytes.byteSize());
    context.staging().upload(bytes, block, 0, stream);
    return block;
  }

  /** Launches a kernel without measuring it. */
  final void launch(String kernel, UnaryOperator<Launch> arguments) {
    launch(kernel, blocks(), arguments);
  }

  final void launch(String kernel, int blocks, UnaryOperator<Launch> arguments) {
    String family = FAMILIES.stream().filter(f -> kernel.startsWith(f + "_")).findFirst().get();
    arguments
        .apply(
            context.module(family).kernel(kernel).launch(stream, LaunchShape.line(blocks, THREADS)))
        .run();
  }

  final void row(String kernel, long read, long written, UnaryOperator<Launch> arguments) {
    row(kernel, "", read, written, arguments);
  }

  /** Measures a kernel; {@code variant} tells its rows apart. */
  final void row(
      String kernel, String variant, long read, long written, UnaryOperator<Launch> arguments) {
    row(kernel, variant, blocks(), read, written, arguments);
  }

  final void row(
      String kernel,
      String variant,
      int blocks,
      long read,
      long written,
      UnaryOperator<Launch> arguments) {
    measured.add(kernel);
    String title = variant.isEmpty() ? kernel : kernel + " " + variant;
    measure(kernel, title, blocks, read, written, arguments);
  }

  @Override
  public void close() {
    memory.forEach(DeviceMemory::close);
    stream.close();
    context.close();
  }
}
