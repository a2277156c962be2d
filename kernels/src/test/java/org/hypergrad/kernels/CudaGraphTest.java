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
        CudaGraph graph = stream.capture(() -> sixfold(y, x))) {
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
        DeviceMemory c = upload(stream, 0, 0)) {
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
      try (CudaGraph graph = stream.capture(product)) {
        graph.launch();
        assertArrayEquals(new float[] {17, 39}, download(c, stream));
      }
    }
  }

  @Test
  void memoryOfAGraphIsNobodyElsesUntilItIsClosed() {
    DevicePool pool = context.memory();
    try (DeviceMemory x = upload(stream, 1, 2, 3, 4);
        DeviceMemory y = upload(stream, 0, 0, 0, 0)) {
      long live = pool.stats().live();
      long[] places = new long[3];
      Runnable twice =
          () -> {
            places[0] = passing(y, x);
            places[1] = passing(x, y);
          };
      try (CudaGraph graph = stream.capture(twice)) {
        assertEquals(places[0], places[1], "within a capture memory is used again");
        assertTrue(pool.stats().live() > live, "it is in use as long as the graph");
        assertNotEquals(places[0], passing(x, y), "other work has other memory");
        try (CudaGraph other = stream.capture(() -> places[2] = passing(y, x))) {
          assertNotEquals(places[0], places[2], "another graph too");
          graph.launch();
          other.launch();
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
  void whatOutlivesTheGraphGoesBackToThePool() {
    DevicePool pool = context.memory();
    long live = pool.stats().live();
    DeviceMemory[] kept = new DeviceMemory[1];
    stream.capture(() -> kept[0] = pool.allocate("kept", BYTES, stream)).close();
    assertTrue(pool.stats().live() > live);
    kept[0].close();
    assertEquals(live, pool.stats().live());
  }

  @Test
  void whatWaitsCannotBeCaptured() {
    try (DeviceMemory x = upload(stream, 1, 2, 3, 4);
        CudaEvent event = context.newEvent()) {
      assertRefused("cuStreamSynchronize", stream::synchronize);
      assertRefused("cuStreamQuery", stream::isDone);
      assertRefused("cuEventRecord", () -> stream.record(event));
      assertRefused("cuStreamWaitEvent", () -> stream.waitFor(event));
      assertRefused("cuMemcpyDtoHAsync", () -> download(x, stream));
      assertRefused("cuMemcpyHtoDAsync", () -> context.staging().upload(floats(1), x, 0, stream));
      assertRefused("cuStreamBeginCapture", () -> stream.capture(() -> {}).close());
      assertEquals("", SimulatedDriver.firstFault(), "no call reached the driver");
      assertArrayEquals(new float[] {1, 2, 3, 4}, download(x, stream), "the stream goes on");
    }
  }

  private void assertRefused(String call, Runnable work) {
    CudaException refused = assertThrows(CudaException.class, () -> stream.capture(work).close());
    assertEquals(call, refused.call());
    assertTrue(refused.detail().contains("cannot be captured"), refused.detail());
  }

  @Test
  void anErrorOfTheWorkEndsTheCapture() {
    try (DeviceMemory x = upload(stream, 1, 2, 3, 4)) {
      Error mine = new AssertionError("mine");
      Runnable work =
          () -> {
            sixfold(x, x);
            throw mine;
          };
      assertSame(mine, assertThrows(Error.class, () -> stream.capture(work)));
      assertEquals(0, mine.getSuppressed().length);
      assertArrayEquals(new float[] {1, 2, 3, 4}, download(x, stream), "nothing has run");
    }
  }

  /** The calls are: begin, end, instantiate, launch. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void afterAFailedCallTheNextCaptureWorks(int call) {
    try (DeviceMemory x = upload(stream, 1, 2, 3, 4);
        DeviceMemory y = upload(stream, 0, 0, 0, 0)) {
      Executable replay =
          () -> {
            try (CudaGraph graph = stream.capture(() -> sixfold(y, x))) {
              graph.launch();
            }
          };
      SimulatedDriver.fail("graph:" + call);
      assertThrows(CudaException.class, replay);
      assertArrayEquals(new float[4], download(y, stream));
      SimulatedDriver.fail("");
      try (CudaGraph graph = stream.capture(() -> sixfold(y, x))) {
        graph.launch();
      }
      assertArrayEquals(new float[] {6, 12, 18, 24}, download(y, stream));
    }
  }

  @Test
  void aClosedGraphRefuses() {
    CudaGraph graph = stream.capture(() -> {});
    graph.close();
    graph.close();
    assertThrows(CudaException.class, graph::launch);
  }

  @Test
  void nothingIsCapturedWhereEveryLaunchIsWaitedFor() {
    System.setProperty("hypergrad.cuda.debug", "true");
    try (CudaContext debugged = CudaContext.open(0);
        CudaStream waiting = debugged.newStream()) {
      CudaException refused = assertThrows(CudaException.class, () -> waiting.capture(() -> {}));
      assertTrue(refused.detail().contains("hypergrad.cuda.debug"), refused.detail());
    } finally {
      System.clearProperty("hypergrad.cuda.debug");
    }
  }
}
