package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Memory and copies on the simulated device, whose work runs late and whose failures are asked for.
 */
@Simulated
class DeviceMemoryTest extends SimulatedContext {
  private static final int BUFFER_FLOATS = HostStaging.BUFFER_BYTES / Float.BYTES;

  /** Three tensors and two launches, as a step has; returns 4. */
  private float step() {
    try (DeviceMemory x = upload(stream, 1, 2, 3);
        DeviceMemory y = context.memory().allocate("y", 5000, stream);
        DeviceMemory z = context.memory().allocate("z", 90_000, stream)) {
      scaling(stream, y, x, 3, 2).run();
      scaling(stream, z, y, 3, 2).run();
      float[] first = {0};
      context.staging().download(z, 0, floats(first), stream);
      return first[0];
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void oneAllocationThatFailsIsTriedAgain(int n) {
    SimulatedDriver.fail("alloc:" + n);
    assertEquals(4, step());
    assertEquals(0, context.memory().stats().live());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void allocationsThatGoOnFailingAreATypedExceptionAndLeakNothing(int n) {
    SimulatedDriver.fail("alloc:" + n + "+");
    DeviceMemoryException failed = assertThrows(DeviceMemoryException.class, this::step);
    assertEquals("cuda:0", failed.device());
    assertEquals(List.of("values", "y", "z").get(n - 1), failed.purpose());
    assertEquals(List.of(12L, 5000L, 90_000L).get(n - 1), failed.requested());
    assertEquals(0, failed.stats().cached(), "trimmed");
    assertTrue(failed.free() > 0);
    assertEquals(0, context.memory().stats().live());
    SimulatedDriver.fail("");
    assertEquals(4, step(), "memory is back");
  }

  @Test
  void aBlockIsCopiedToAnotherOfAtLeastItsSize() {
    try (DeviceMemory source = upload(stream, 1, 2, 3);
        DeviceMemory target = upload(stream, 4, 5, 6, 7);
        DeviceMemory small = upload(stream, 8)) {
      stream.copy(source, target);
      assertArrayEquals(new float[] {1, 2, 3, 7}, download(target, stream));
      CudaException refused = assertThrows(CudaException.class, () -> stream.copy(source, small));
      assertTrue(refused.getMessage().contains("the target is too small"), refused.getMessage());
    }
  }

  @Test
  void aDeviceThatIsFullIsAnExceptionWithTheNumbers() {
    long all = context.device().memoryBytes();
    DeviceMemoryException full =
        assertThrows(
            DeviceMemoryException.class,
            () -> context.memory().allocate("too much", all + 1, stream));
    assertEquals(all + 1, full.requested());
    assertEquals(all, full.stats().cap());
  }

  @Test
  void aFailedCopyIsATypedExceptionAndLeaksNothing() {
    for (int n = 1; n <= 2; n++) {
      SimulatedDriver.fail("copy:" + n);
      CudaException failed = assertThrows(CudaException.class, this::step);
      assertEquals(n == 1 ? "cuMemcpyHtoDAsync" : "cuMemcpyDtoHAsync", failed.call());
      assertTrue(failed.status().startsWith("CUDA_ERROR_"), failed.status());
      assertEquals(0, context.memory().stats().live());
      assertEquals(4, step(), "the next works");
    }
  }

  @Test
  void aBlockThatPendingWorkReadsIsNotOverwrittenByAnotherStream() {
    try (CudaStream other = context.newStream();
        DeviceMemory y = upload(stream, 0, 0)) {
      DeviceMemory x = upload(stream, 3, 4);
      stream.synchronize();
      // Enough to do before, for asking after an event may do a little of it.
      for (int i = 0; i < 50; i++) {
        scaling(stream, y, y, 2, 1).run();
      }
      scaling(stream, y, x, 2, 10).run();
      long address = x.address();
      x.close();
      try (DeviceMemory again = upload(other, -1, -2)) {
        assertEquals(address, again.address(), "the same block, on another stream");
        assertArrayEquals(new float[] {-1, -2}, download(again, other));
        assertArrayEquals(new float[] {30, 40}, download(y, stream));
      }
    }
  }

  @Test
  void aBlockIsUsedAgainOnItsOwnStreamWhileItsWorkIsPending() {
    try (DeviceMemory y = upload(stream, 0, 0)) {
      DeviceMemory x = upload(stream, 3, 4);
      scaling(stream, y, x, 2, 10).run();
      long address = x.address();
      x.close();
      try (DeviceMemory again = upload(stream, -1, -2)) {
        assertEquals(address, again.address());
        assertArrayEquals(new float[] {30, 40}, download(y, stream));
        assertArrayEquals(new float[] {-1, -2}, download(again, stream));
      }
    }
  }

  @Test
  void trimmingWaitsForTheWorkThatUsesCachedBlocks() {
    try (DeviceMemory y = upload(stream, 0, 0)) {
      DeviceMemory x = upload(stream, 3, 4);
      scaling(stream, y, x, 2, 10).run();
      x.close();
      assertEquals(256, context.memory().trim());
      assertArrayEquals(new float[] {30, 40}, download(y, stream));
    }
  }

  @Test
  void reusedMemoryIsNaN() {
    context.memory().allocate("x", 8, stream).close();
    try (DeviceMemory again = context.memory().allocate("x", 8, stream)) {
      assertArrayEquals(new float[] {Float.NaN, Float.NaN}, download(again, stream));
    }
  }

  @Test
  void hostMemoryMayChangeOnceAnUploadReturns() {
    float[] values = {1, 2, 3};
    try (DeviceMemory x = upload(stream, values)) {
      Arrays.fill(values, 9);
      assertArrayEquals(new float[] {1, 2, 3}, download(x, stream));
    }
  }

  @Test
  void buffersAreNotUsedAgainBeforeTheDeviceHasReadThem() {
    List<DeviceMemory> blocks = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      blocks.add(upload(stream, i, -i));
    }
    for (int i = 0; i < 150; i++) {
      assertArrayEquals(new float[] {i, -i}, download(blocks.get(i), stream));
    }
    blocks.forEach(DeviceMemory::close);
    assertTrue(context.staging().bytes() <= 64L * HostStaging.BUFFER_BYTES);
  }

  @Test
  void copiesLargerThanABufferComeWhole() {
    int count = 2 * BUFFER_FLOATS + 77;
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    try (DeviceMemory x = upload(stream, values)) {
      assertArrayEquals(values, download(x, stream));
    }
  }

  @Test
  void copiesTakeOffsetsAndMemoryOffTheHeap() {
    try (Arena arena = Arena.ofConfined();
        DeviceMemory x = upload(stream, 1, 2, 3)) {
      MemorySegment native8 = arena.allocate(8);
      context.staging().download(x, 4, native8, stream);
      assertEquals(-1, floats(2, 3).mismatch(native8));
      context.staging().upload(native8, x, 0, stream);
      assertArrayEquals(new float[] {2, 3, 3}, download(x, stream));
      CudaException outside =
          assertThrows(CudaException.class, () -> context.staging().upload(native8, x, 8, stream));
      assertTrue(outside.detail().startsWith("outside of the block; got 8 bytes at offset 8 of"));
      assertThrows(CudaException.class, () -> context.staging().download(x, -4, native8, stream));
    }
  }

  @Test
  void withoutPageLockedMemoryCopiesStillWork() {
    SimulatedDriver.fail("host:1+");
    float[] values = new float[BUFFER_FLOATS + 3];
    Arrays.fill(values, 7);
    try (DeviceMemory x = upload(stream, values)) {
      assertArrayEquals(values, download(x, stream));
    }
    assertEquals(0, context.staging().bytes());
  }

  @Test
  void closingAStreamLetsOthersHaveItsMemory() {
    long address;
    try (CudaStream other = context.newStream();
        DeviceMemory x = upload(other, 1)) {
      address = x.address();
    }
    try (DeviceMemory again = context.memory().allocate("x", 4, stream)) {
      assertEquals(address, again.address());
    }
  }

  @Test
  void inDebugModeBlocksAreExactAndNeverUsedAgain() {
    System.setProperty("hypergrad.cuda.debug", "true");
    try (CudaContext exact = CudaContext.open(0);
        CudaStream own = exact.newStream()) {
      DeviceMemory x = exact.memory().allocate("x", 1001, own);
      assertEquals(1001, exact.memory().stats().live());
      x.close();
      assertEquals(0, exact.memory().stats().cached());
      assertFalse(SimulatedDriver.leaks().contains("1001"));
      assertNotEquals(0, exact.device().memoryBytes());
    } finally {
      System.clearProperty("hypergrad.cuda.debug");
    }
  }
}
