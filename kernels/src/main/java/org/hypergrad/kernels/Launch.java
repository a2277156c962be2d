package org.hypergrad.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.JCudaDriver;

/**
 * A launch being put together: arguments in the order of the kernel's parameters, then {@link
 * #run}. Each argument is checked against the PTX when it is given, so that a wrong launch never
 * reaches the driver.
 *
 * <pre>{@code
 * kernel.launch(stream, shape).pointer(y).pointer(x).int64(n).float32(rate).run();
 * }</pre>
 *
 * <p>A thread has one such object, which it uses for every launch: beginning another launch drops
 * the one that was not run.
 */
public final class Launch {
  private static final ThreadLocal<Launch> OF_THREAD = ThreadLocal.withInitial(Launch::new);

  /** Axes that {@link #strided} has room for. */
  public static final int MAX_RANK = 8;

  private final Arguments arguments = new Arguments();
  private Driver.Address table;
  private Kernel kernel;
  private CudaStream stream;
  private LaunchShape shape;

  private Launch() {}

  static Launch of(Kernel kernel, CudaStream stream, LaunchShape shape) {
    Launch launch = OF_THREAD.get();
    launch.kernel = kernel;
    launch.stream = stream;
    launch.shape = shape;
    launch.arguments.begin(kernel.signature(), shape);
    return launch;
  }

  /** The start of a block. */
  public Launch pointer(DeviceMemory memory) {
    return pointer(memory, 0);
  }

  /** An address within a block. */
  public Launch pointer(DeviceMemory memory, long byteOffset) {
    if (memory.pool() != kernel.context().memory()) {
      throw arguments.refuse("memory of another context; got " + memory);
    }
    if (byteOffset < 0 || byteOffset > memory.bytes()) {
      throw arguments.refuse("an address outside its block; got " + memory + " + " + byteOffset);
    }
    arguments.pointer(memory.address() + byteOffset);
    return this;
  }

  /** A pointer that the kernel allows to be absent. */
  public Launch nullPointer() {
    arguments.pointer(0);
    return this;
  }

  public Launch int8(int value) {
    arguments.int8(value);
    return this;
  }

  public Launch int32(int value) {
    arguments.int32(value);
    return this;
  }

  public Launch int64(long value) {
    arguments.int64(value);
    return this;
  }

  public Launch float32(float value) {
    arguments.float32(value);
    return this;
  }

  public Launch float64(double value) {
    arguments.float64(value);
    return this;
  }

  /** A struct by value, laid out as C does. */
  public Launch struct(MemorySegment bytes) {
    arguments.struct(bytes);
    return this;
  }

  /**
   * The kernels' {@code struct Strided}: extents of the result and, for each operand, the distance
   * in elements between neighbours along each axis, 0 where it repeats. No extents say that every
   * operand is contiguous.
   *
   * @throws KernelException if there are more than {@value #MAX_RANK} axes, or an operand has
   *     another number of them
   */
  public Launch strided(long[] extents, long[]... strides) {
    if (extents.length > MAX_RANK) {
      throw arguments.refuse(
          "too many axes; got " + extents.length + "; expected at most " + MAX_RANK);
    }
    long axes = (long) MAX_RANK * Long.BYTES;
    MemorySegment struct = arguments.struct(Long.BYTES + axes * (1 + strides.length));
    struct.set(ValueLayout.JAVA_INT, 0, extents.length);
    put(struct, Long.BYTES, extents);
    for (int k = 0; k < strides.length; k++) {
      if (strides[k].length != extents.length) {
        throw arguments.refuse(
            "operand "
                + k
                + " has "
                + strides[k].length
                + " strides for "
                + extents.length
                + " axes");
      }
      put(struct, Long.BYTES + axes * (1 + k), strides[k]);
    }
    return this;
  }

  private static void put(MemorySegment struct, long offset, long[] numbers) {
    for (int i = 0; i < numbers.length; i++) {
      struct.set(ValueLayout.JAVA_LONG, offset + (long) i * Long.BYTES, numbers[i]);
    }
  }

  /**
   * Queues the kernel on its stream. In a context opened with the system property {@code
   * hypergrad.cuda.debug}, waits for it, so that what it does wrong is reported here.
   *
   * @throws KernelException if arguments are missing, if the shape does not fit the kernel or the
   *     device, or if the driver refuses
   */
  public void run() {
    MemorySegment addresses = arguments.complete();
    DeviceLimits limits = kernel.context().device().limits();
    String problem = shape.problem(limits, kernel.maxThreads(), kernel.staticSharedBytes());
    if (problem != null) {
      throw arguments.refuse(problem);
    }
    if (stream.context() != kernel.context()) {
      throw arguments.refuse("a stream of another context; got " + stream);
    }
    if (table == null) {
      table = new Driver.Address(addresses.address());
    }
    CudaContext context = kernel.context();
    context.enter("cuLaunchKernel");
    try {
      int status =
          JCudaDriver.cuLaunchKernel(
              kernel.function(),
              shape.gridX(),
              shape.gridY(),
              shape.gridZ(),
              shape.blockX(),
              shape.blockY(),
              shape.blockZ(),
              shape.sharedBytes(),
              stream.handle(),
              table,
              null);
      Driver.check(status);
      if (context.debugs()) {
        JCudaDriver.cuStreamSynchronize(stream.handle());
      }
    } catch (jcuda.CudaException failure) {
      throw context.remember(
          new KernelException(
              failure.getMessage(), kernel.name(), shape, Driver.reason("the driver refused")));
    }
  }
}
