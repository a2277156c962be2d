package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A context on the simulated device for each test, which must give back everything it took. */
abstract class SimulatedContext {
  static final String SCALE = "unary_mul_scalar_f32";

  CudaContext context;
  CudaStream stream;

  /** What tests of faults left behind, which no call can free. */
  private String leaksBefore;

  @BeforeEach
  void open() {
    leaksBefore = SimulatedDriver.isLoaded() ? SimulatedDriver.leaks() : "";
    context = CudaContext.open(0);
    SimulatedDriver.reset();
    stream = context.newStream();
  }

  @AfterEach
  void close() {
    SimulatedDriver.fail("");
    stream.close();
    context.close();
    assertEquals(leaksBefore, SimulatedDriver.leaks());
  }

  static MemorySegment floats(float... values) {
    return MemorySegment.ofArray(values);
  }

  DeviceMemory upload(CudaStream on, float... values) {
    DeviceMemory block =
        context.memory().allocate("values", (long) values.length * Float.BYTES, on);
    try {
      context.staging().upload(floats(values), block, 0, on);
      return block;
    } catch (RuntimeException failure) {
      block.close();
      throw failure;
    }
  }

  float[] download(DeviceMemory block, CudaStream on) {
    float[] values = new float[(int) (block.bytes() / Float.BYTES)];
    context.staging().download(block, 0, floats(values), on);
    return values;
  }

  /** y = factor x, element by element. */
  Launch scaling(CudaStream on, DeviceMemory y, DeviceMemory x, long count, float factor) {
    return context
        .module("unary")
        .kernel(SCALE)
        .launch(on, LaunchShape.line(2, 256))
        .pointer(y)
        .pointer(x)
        .strided(new long[0], new long[0])
        .int64(count)
        .float32(factor)
        .float32(0);
  }
}
