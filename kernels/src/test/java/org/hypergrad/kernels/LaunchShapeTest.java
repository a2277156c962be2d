package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

class LaunchShapeTest {
  private static final DeviceLimits LIMITS =
      new DeviceLimits(1024, 1024, 1024, 64, Integer.MAX_VALUE, 65535, 65535, 49152, 10, 2048);

  private static String problem(LaunchShape shape) {
    return shape.problem(LIMITS, 1024, 1024);
  }

  @Test
  void whatTheDeviceAllowsHasNoProblem() {
    assertNull(problem(new LaunchShape(Integer.MAX_VALUE, 65535, 65535, 1024, 1, 1, 49152 - 1024)));
    assertNull(problem(new LaunchShape(1, 1, 1, 4, 4, 64, 0)));
  }

  @Test
  void eachExtentHasItsOwnLimit() {
    assertEquals(
        "grid y out of range; got 65536; expected 1 to 65535",
        problem(new LaunchShape(1, 65536, 1, 1, 1, 1, 0)));
    assertEquals(
        "grid z out of range; got 65536; expected 1 to 65535",
        problem(new LaunchShape(1, 1, 65536, 1, 1, 1, 0)));
    assertEquals(
        "grid x out of range; got 0; expected 1 to 2147483647", problem(LaunchShape.line(0, 1)));
    assertEquals(
        "block x out of range; got 1025; expected 1 to 1024", problem(LaunchShape.line(1, 1025)));
    assertEquals(
        "block y out of range; got -1; expected 1 to 1024",
        problem(new LaunchShape(1, 1, 1, 1, -1, 1, 0)));
    assertEquals(
        "block z out of range; got 65; expected 1 to 64",
        problem(new LaunchShape(1, 1, 1, 1, 1, 65, 0)));
  }

  @Test
  void threadsAreLimitedByTheDeviceAndByTheKernel() {
    assertEquals(
        "too many threads in a block; got 2048; expected at most 1024",
        problem(new LaunchShape(1, 1, 1, 1024, 2, 1, 0)));
    assertEquals(
        "too many threads in a block; got 257; expected at most 256",
        LaunchShape.line(1, 257).problem(LIMITS, 256, 0));
  }

  @Test
  void sharedMemoryCountsTheKernelsOwn() {
    assertEquals(
        "shared memory of a block out of range; got 48129 bytes beside the kernel's own 1024;"
            + " expected at most 49152 in all",
        problem(new LaunchShape(1, 1, 1, 1, 1, 1, 48129)));
  }

  @Test
  void aLineOverElementsHasAThreadEachUpToABusyDevice() {
    assertEquals(LaunchShape.line(1, 256), LaunchShape.over(0, 256, LIMITS));
    assertEquals(LaunchShape.line(1, 256), LaunchShape.over(256, 256, LIMITS));
    assertEquals(LaunchShape.line(2, 256), LaunchShape.over(257, 256, LIMITS));
    // 4 times 10 multiprocessors with 2048 / 256 blocks each
    assertEquals(LaunchShape.line(320, 256), LaunchShape.over(1L << 40, 256, LIMITS));
  }
}
