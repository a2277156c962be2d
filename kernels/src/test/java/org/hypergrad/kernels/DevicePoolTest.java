package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.Test;

class DevicePoolTest {
  private static final long MIB = 1 << 20;

  private final FakeHeap heap = new FakeHeap(1000 * MIB);
  private final DevicePool pool = new DevicePool(heap, false, false);
  private final CudaStream stream = new CudaStream(null, new CUstream());
  private final CudaStream other = new CudaStream(null, new CUstream());

  @Test
  void sizeClassesAreFourToAnOctave() {
    long[][] expected = {
      {0, 256},
      {1, 256},
      {256, 256},
      {257, 512},
      {1024, 1024},
      {1025, 1280},
      {1280, 1280},
      {1281, 1536},
      {1793, 2048},
      {MIB + 1, MIB + MIB / 4},
      {7 * MIB + 1, 8 * MIB}
    };
    for (long[] pair : expected) {
      assertEquals(pair[1], DevicePool.sizeClass(pair[0]), "of " + pair[0]);
    }
  }

  @Test
  void aBlockIsForItsStreamAtOnce() {
    DeviceMemory first = pool.allocate("a", 1000, stream);
    long address = first.address();
    first.close();
    DeviceMemory second = pool.allocate("b", 900, stream);
    assertEquals(address, second.address());
    assertEquals(900, second.bytes());
    assertEquals(List.of("allocate 1024"), heap.log);
  }

  @Test
  void anotherStreamIsMadeToWaitBeforeItGetsTheBlock() {
    DeviceMemory first = pool.allocate("a", 1000, stream);
    long address = first.address();
    first.close();
    DeviceMemory second = pool.allocate("b", 1000, other);
    assertEquals(address, second.address());
    assertEquals(List.of("allocate 1024", "order"), heap.log);
    second.close();
    assertEquals(address, pool.allocate("c", 1000, other).address());
    assertEquals(2, heap.log.size(), "the block now belongs to the other stream");
  }

  @Test
  void aBlockWhoseLastUseIsOnAnotherStreamIsOrderedAfterThatOne() {
    DeviceMemory memory = pool.allocate("a", 1000, stream);
    pool.release(memory, other);
    pool.allocate("b", 1000, stream);
    assertEquals(List.of("allocate 1024", "order"), heap.log);
  }

  @Test
  void whatARetiredStreamCachedNeedsNoOrder() {
    pool.allocate("a", 1000, stream).close();
    pool.retire(stream);
    pool.allocate("b", 1000, other);
    assertEquals(List.of("allocate 1024"), heap.log);
  }

  @Test
  void usedMemoryIsPoisonedAndFreshIsNot() {
    DevicePool poisoned = new DevicePool(heap, false, true);
    poisoned.allocate("a", 1000, stream).close();
    poisoned.allocate("b", 1000, stream);
    assertEquals(List.of("allocate 1024", "fill 1024"), heap.log);
  }

  @Test
  void exactBlocksAreNotCached() {
    DevicePool exact = new DevicePool(heap, true, false);
    exact.allocate("a", 1001, stream).close();
    exact.allocate("b", 0, stream).close();
    assertEquals(
        List.of("allocate 1001", "settle", "free 1001", "allocate 1", "settle", "free 1"),
        heap.log);
  }

  @Test
  void countsAreOfClasses() {
    DeviceMemory a = pool.allocate("a", 1025, stream);
    DeviceMemory b = pool.allocate("b", 100, stream);
    assertEquals(new PoolStats(1536, 2, 0, 1536, heap.capacity), pool.stats());
    a.close();
    assertEquals(new PoolStats(256, 1, 1280, 1536, heap.capacity), pool.stats());
    pool.resetPeak();
    assertEquals(256, pool.stats().peakLive());
    b.close();
    assertEquals(1536, pool.trim());
    assertEquals(0, pool.stats().cached());
    assertEquals(List.of("settle", "free 1280", "free 256"), heap.log.subList(2, 5));
  }

  @Test
  void oneRefusalIsAnsweredByTrimmingAndTryingAgain() {
    pool.allocate("a", 1000, stream).close();
    heap.refuseOnly = 2;
    pool.allocate("b", 5000, stream);
    assertEquals(
        List.of("allocate 1024", "refuse 5120", "settle", "free 1024", "allocate 5120"), heap.log);
  }

  @Test
  void refusalThatStaysIsATypedExceptionWithTheNumbers() {
    DeviceMemory live = pool.allocate("a", 1000, stream);
    pool.allocate("b", 2000, stream).close();
    heap.refuseFrom = 3;
    DeviceMemoryException refused =
        assertThrows(
            DeviceMemoryException.class, () -> pool.allocate("conv weights", 5000, stream));
    assertEquals("conv weights", refused.purpose());
    assertEquals("fake:0", refused.device());
    assertEquals(5000, refused.requested());
    assertEquals(new PoolStats(1024, 1, 0, 3072, heap.capacity), refused.stats());
    assertEquals(heap.capacity - 1024, refused.free());
    assertEquals("CUDA_ERROR_OUT_OF_MEMORY", refused.status());
    heap.refuseFrom = Long.MAX_VALUE;
    pool.allocate("conv weights", 5000, stream).close();
    live.close();
    assertEquals(0, pool.stats().live());
  }

  @Test
  void theCapCountsLiveAndCached() {
    pool.setCap(4096);
    DeviceMemory a = pool.allocate("a", 2048, stream);
    pool.allocate("b", 1024, stream).close();
    pool.allocate("c", 1536, stream);
    assertEquals(0, pool.stats().cached(), "made room");
    assertThrows(DeviceMemoryException.class, () -> pool.allocate("d", 1024, stream));
    CudaException below = assertThrows(CudaException.class, () -> pool.setCap(3583));
    assertTrue(below.detail().endsWith("got 3583 bytes; expected at least 3584"), below.detail());
    a.close();
    pool.setCap(2000);
    assertEquals(0, pool.stats().cached());
  }

  @Test
  void absurdAndNegativeSizesNeverReachTheDriver() {
    assertThrows(DeviceMemoryException.class, () -> pool.allocate("a", Long.MAX_VALUE, stream));
    assertThrows(CudaException.class, () -> pool.allocate("a", -1, stream));
    assertEquals(List.of(), heap.log);
  }

  @Test
  void aSecondReleaseIsRefusedAndHarmless() {
    DeviceMemory memory = pool.allocate("a", 10, stream);
    memory.close();
    CudaException refused = assertThrows(CudaException.class, memory::close);
    assertTrue(refused.detail().contains("a (10 bytes at 0x700000000) was given back already"));
    assertThrows(CudaException.class, memory::address);
    assertEquals(256, pool.stats().cached());
    assertNotEquals(
        pool.allocate("b", 10, stream).address(), pool.allocate("c", 10, stream).address());
  }

  @Test
  void memoryOfAnotherPoolIsRefused() {
    DevicePool second = new DevicePool(heap, false, false);
    DeviceMemory foreign = second.allocate("a", 10, stream);
    CudaException refused = assertThrows(CudaException.class, () -> pool.release(foreign, stream));
    assertTrue(refused.detail().contains("is of another pool than fake:0"), refused.detail());
    assertEquals(256, second.stats().live());
    foreign.close();
  }

  @Test
  void closingListsWhatIsStillUsedAndFreesAll() {
    pool.allocate("gone", 10, stream).close();
    pool.allocate("weights", 300, stream);
    pool.allocate("bias", 20, stream);
    assertEquals(
        "2 blocks, 768 bytes: bias (20 bytes at 0x700000000), weights (300 bytes at 0x700000100)",
        pool.close());
    assertTrue(heap.blocks.isEmpty());
  }

  @Test
  void closingAfterUseReportsNothing() {
    pool.allocate("a", 10, stream).close();
    assertEquals("", pool.close());
    assertTrue(heap.blocks.isEmpty());
  }

  @Test
  void afterAFaultNothingIsGivenToTheDriver() {
    DeviceMemory memory = pool.allocate("a", 10, stream);
    heap.stopped = true;
    memory.close();
    assertEquals("", pool.close());
    assertEquals(List.of("allocate 256"), heap.log);
  }

  @Test
  void changingBatchSizesDoNotGrowWhatIsHeld() {
    Random random = new Random(7);
    long most = 0;
    for (int step = 0; step < 2000; step++) {
      List<DeviceMemory> tensors = new ArrayList<>();
      long batch = 1 + random.nextInt(512);
      for (long width : new long[] {3072, 40000, 1000, 10}) {
        tensors.add(pool.allocate("x", batch * width * 4, stream));
      }
      tensors.forEach(DeviceMemory::close);
      most = Math.max(most, pool.stats().cached());
    }
    // What is cached is bounded by the most ever live: one step at the largest batch, rounded up.
    assertTrue(most <= 512L * 44082 * 4 * 5 / 4, "cached " + most);
    assertEquals(0, pool.stats().live());
  }
}
