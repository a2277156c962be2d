package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Captures and their replays, on the simulated device. */
@Simulated
class CudaGraphTest extends SimulatedContext {
  private static final long BYTES = 4L * Float.BYTES;

  /** y = 2 (3 x), the inner product in a block that is free again at once. */
  private void sixfold(DeviceMemory y, DeviceMemory x) {
    try (DeviceMemory tripled = context.memory().allocate("tripled", BYTES, stream)) {
      scaling(stream, tripled, x, 4, 3).run();
      scaling(stream, y, tripled, 4, 2).run();
    }
  }

  @Test
  void aReplayReadsWhatTheDeviceHasThen() {
    try (DeviceMemory x = upload(stream, 1, 2, 3, 4);
        DeviceMemory y = upload(stream, 0, 0, 0, 0);
        DeviceReserve reserve = stream.newReserve();
        CudaGraph graph = stream.capture(reserve, () -> sixfold(y, x))) {
      assertArrayEquals(new float[4], download(y, stream), "nothing has run");
      graph.launch();
      assertArrayEquals(new float[] {6, 12, 18, 24}, download(y, stream));
      context.staging().upload(floats(5, 6, 7, 8), x, 0, stream);
      graph.launch();
      assertArrayEquals(new float[] {30, 36, 42, 48}, download(y, stream));
    }
  }

  @Test
  void productsAreCapturedWithTheirWorkspace() {
    try (DeviceMemory a = upload(stream, 1, 2, 3, 4);
        DeviceMemory b = upload(stream, 5, 6);
        DeviceMemory c = upload(stream, 0, 0);
        DeviceReserve reserve = stream.newReserve()) {
      stream.blas();
      Runnable product =
          () ->
              stream
                  .blas()
                  .multiply(
                      false,
                      1,
                      2,
                      1,
                      2,
                      new DeviceMatrix(new DeviceView(a, 0), false, 2, 0),
                      new DeviceMatrix(new DeviceView(b, 0), false, 1, 0),
                      new DeviceMatrix(new DeviceView(c, 0), false, 1, 0));
      try (CudaGraph graph = stream.capture(reserve, product)) {
        graph.launch();
        assertArrayEquals(new float[] {17, 39}, download(c, stream));
      }
    }
  }

  @Test
  void memoryOfAGraphIsNobodyElsesUntilTheReserveIsClosed() {
    DevicePool pool = context.memory();
    try (DeviceMemory x = upload(stream, 1, 2, 3, 4);
        DeviceMemory y = upload(stream, 0, 0, 0, 0)) {
      long live = pool.stats().live();
      long[] inner = new long[3];
      try (DeviceReserve reserve = stream.newReserve();
          CudaGraph first = stream.capture(reserve, () -> inner[0] = passing(y, x))) {
        assertTrue(pool.stats().live() > live, "what a graph uses is in use");
        long reserved = pool.stats().live();
        inner[1] = passing(x, y);
        assertNotEquals(inner[0], inner[1], "other work has other memory");
        try (CudaGraph second = stream.capture(reserve, () -> inner[2] = passing(y, x))) {
          assertEquals(inner[0], inner[2], "a second capture has that of the first");
          assertEquals(reserved, pool.stats().live());
          first.launch();
          second.launch();
        }
      }
      assertEquals(live, pool.stats().live());
    }
  }

  /** Where a block is that is taken and given back while y = 2 x is queued. */
  private long passing(DeviceMemory y, DeviceMemory x) {
    try (DeviceMemory block = context.memory().allocate("passing", 1 << 16, stream)) {
      scaling(stream, y, x, 4, 2).run();
      return block.address();
    }
  }

  @Test
  void whatOutlivesTheReserveGoesBackToThePool() {
    DevicePool pool = context.memory();
    long live = pool.stats().live();
    DeviceMemory[] kept = new DeviceMemory[1];
    try (DeviceReserve reserve = stream.newReserve()) {
      stream.capture(reserve, () -> kept[0] = pool.allocate("kept", BYTES, stream)).close();
    }
    assertTrue(pool.stats().live() > live);
    kept[0].close();
    assertEquals(live, pool.stats().live());
  }

  @Test
  void whatWaitsCannotBeCaptured() {
    try (DeviceMemory x = upload(stream, 1, 2, 3, 4);
        DeviceReserve reserve = stream.newReserve();
        CudaEvent event = context.newEvent()) {
      assertRefused(reserve, "cuStreamSynchronize", stream::synchronize);
      assertRefused(reserve, "cuStreamQuery", stream::isDone);
      assertRefused(reserve, "cuEventRecord", () -> stream.record(event));
      assertRefused(reserve, "cuStreamWaitEvent", () -> stream.waitFor(event));
      assertRefused(reserve, "cuMemcpyDtoHAsync", () -> download(x, stream));
      assertRefused(
          reserve, "cuMemcpyHtoDAsync", () -> context.staging().upload(floats(1), x, 0, stream));
      assertRefused(
          reserve, "cuStreamBeginCapture", () -> stream.capture(reserve, () -> {}).close());
      assertEquals("", SimulatedDriver.firstFault(), "no call reached the driver");
      assertArrayEquals(new float[] {1, 2, 3, 4}, download(x, stream), "the stream goes on");
    }
  }

  private void assertRefused(DeviceReserve reserve, String call, Runnable work) {
    CudaException refused =
        assertThrows(CudaException.class, () -> stream.capture(reserve, work).close());
    assertEquals(call, refused.call());
    assertTrue(refused.detail().contains("cannot be captured"), refused.detail());
  }

  @Test
  void anErrorOfTheWorkEndsTheCapture() {
    try (DeviceMemory x = upload(stream, 1, 2, 3, 4);
        DeviceReserve reserve = stream.newReserve()) {
      Error mine = new AssertionError("mine");
      Runnable work =
          () -> {
            sixfold(x, x);
            throw mine;
          };
      assertSame(mine, assertThrows(Error.class, () -> stream.capture(reserve, work)));
      assertEquals(0, mine.getSuppressed().length);
      assertArrayEquals(new float[] {1, 2, 3, 4}, download(x, stream), "nothing has run");
    }
  }

  /** The calls are: begin, end, instantiate, launch. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void afterAFailedCallTheNextCaptureWorks(int call) {
    try (DeviceMemory x = upload(stream, 1, 2, 3, 4);
        DeviceMemory y = upload(stream, 0, 0, 0, 0);
        DeviceReserve reserve = stream.newReserve()) {
      Executable replay =
          () -> {
            try (CudaGraph graph = stream.capture(reserve, () -> sixfold(y, x))) {
              graph.launch();
            }
          };
      SimulatedDriver.fail("graph:" + call);
      assertThrows(CudaException.class, replay);
      assertArrayEquals(new float[4], download(y, stream));
      SimulatedDriver.fail("");
      try (CudaGraph graph = stream.capture(reserve, () -> sixfold(y, x))) {
        graph.launch();
      }
      assertArrayEquals(new float[] {6, 12, 18, 24}, download(y, stream));
    }
  }

  @Test
  void aClosedGraphRefuses() {
    try (DeviceReserve reserve = stream.newReserve()) {
      CudaGraph graph = stream.capture(reserve, () -> {});
      graph.close();
      graph.close();
      assertThrows(CudaException.class, graph::launch);
    }
  }

  @Test
  void nothingIsCapturedWhereEveryLaunchIsWaitedFor() {
    System.setProperty("hypergrad.cuda.debug", "true");
    try (CudaContext debugged = CudaContext.open(0);
        CudaStream waiting = debugged.newStream();
        DeviceReserve reserve = waiting.newReserve()) {
      CudaException refused =
          assertThrows(CudaException.class, () -> waiting.capture(reserve, () -> {}));
      assertTrue(refused.detail().contains("hypergrad.cuda.debug"), refused.detail());
    } finally {
      System.clearProperty("hypergrad.cuda.debug");
    }
  }
}
