package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Devices, streams, events, modules and launches on the simulated device. */
@Simulated
class CudaContextTest extends SimulatedContext {
  @Test
  void aDeviceSaysWhatItIs() {
    CudaDevice device = context.device();
    assertEquals("cuda:0", device.toString());
    assertTrue(CudaDevice.count() >= 1);
    assertTrue(device.name().toLowerCase().contains("simul"), device.name());
    assertTrue(device.major() >= 7, device.toString());
    assertEquals(65535, device.limits().gridY());
    assertEquals(1024, device.limits().threadsPerBlock());
    assertTrue(device.memoryBytes() > 0);
  }

  @Test
  void aDeviceThatIsNotThereIsRefused() {
    CudaException refused = assertThrows(CudaException.class, () -> CudaContext.open(99));
    assertTrue(refused.detail().startsWith("no such device; got 99; expected 0 to"));
    assertThrows(CudaException.class, () -> CudaContext.open(-1));
  }

  @Test
  void aKernelComputes() {
    try (DeviceMemory x = upload(stream, 1, -2, 3.5f);
        DeviceMemory y = upload(stream, 0, 0, 0)) {
      scaling(stream, y, x, 3, 2).run();
      assertArrayEquals(new float[] {2, -4, 7}, download(y, stream));
    }
  }

  @Test
  void aModuleIsLoadedOnceAndKnowsItsKernels() {
    KernelModule module = context.module("unary");
    assertSame(module, context.module("unary"));
    assertTrue(module.kernels().contains(SCALE));
    assertSame(module.kernel(SCALE), module.kernel(SCALE));
    assertEquals(256, module.kernel(SCALE).maxThreads());
    assertEquals(6, module.kernel(SCALE).parameters());
  }

  @Test
  void anUnknownFamilyOrKernelIsRefusedByName() {
    CudaException family = assertThrows(CudaException.class, () -> context.module("nothing"));
    assertEquals("no kernel family named nothing", family.detail());
    KernelModule module = context.module("random");
    CudaException kernel = assertThrows(CudaException.class, () -> module.kernel("random_f32"));
    assertTrue(kernel.detail().startsWith("no entry random_f32 in module random; expected one of"));
    assertTrue(kernel.detail().contains("random_uniform_f32"), kernel.detail());
  }

  @Test
  void ptxThatTheDriverRefusesIsAnErrorWithTheModulesName() {
    String ptx =
        ".version 7.0\n.target sm_75\n.address_size 64\n"
            + ".visible .entry k()\n{\n\tnonsense.f32;\n\tret;\n}\n";
    CudaException refused = assertThrows(CudaException.class, () -> context.module("broken", ptx));
    assertEquals("cuModuleLoadData", refused.call());
    assertTrue(refused.status().startsWith("CUDA_ERROR_"), refused.status());
    assertTrue(refused.detail().contains("module broken"), refused.detail());
    assertTrue(refused.detail().contains("nonsense"), refused.detail());
  }

  @Test
  void aWrongLaunchNeverReachesTheDriver() {
    try (DeviceMemory x = upload(stream, 1)) {
      Kernel kernel = context.module("unary").kernel(SCALE);
      LaunchShape shape = LaunchShape.line(1, 256);
      stream.synchronize();
      SimulatedDriver.clearLog();
      assertRefused("argument 0", () -> kernel.launch(stream, shape).int64(1));
      assertRefused("too few", () -> kernel.launch(stream, shape).pointer(x).run());
      assertRefused(
          "too many threads in a block; got 512; expected at most 256",
          () -> scale(kernel, LaunchShape.line(1, 512), x).run());
      assertRefused(
          "grid y out of range; got 65536; expected 1 to 65535",
          () -> scale(kernel, new LaunchShape(1, 65536, 1, 256, 1, 1, 0), x).run());
      assertRefused(
          "an address outside its block", () -> kernel.launch(stream, shape).pointer(x, 5));
      assertRefused(
          "operand 0 has 1 strides for 2 axes",
          () ->
              kernel
                  .launch(stream, shape)
                  .pointer(x)
                  .pointer(x)
                  .strided(new long[] {1, 1}, new long[] {1}));
      stream.synchronize();
      assertEquals(1, SimulatedDriver.log().lines().count(), "nothing but the header");
    }
  }

  private Launch scale(Kernel kernel, LaunchShape shape, DeviceMemory x) {
    return kernel
        .launch(stream, shape)
        .pointer(x)
        .pointer(x)
        .strided(new long[0], new long[0])
        .int64(1)
        .float32(1)
        .float32(0);
  }

  private static void assertRefused(String problem, Runnable launch) {
    KernelException refused = assertThrows(KernelException.class, launch::run);
    assertEquals(CudaException.REFUSED, refused.status());
    assertEquals(SCALE, refused.kernel());
    assertTrue(refused.detail().contains(problem), refused.detail());
  }

  @Test
  void memoryThatWasGivenBackIsNoArgument() {
    DeviceMemory x = upload(stream, 1);
    x.close();
    CudaException refused = assertThrows(CudaException.class, () -> scaling(stream, x, x, 1, 1));
    assertTrue(refused.detail().contains("was given back already"), refused.detail());
  }

  @Test
  void aFailedLaunchNamesKernelAndShape() {
    try (DeviceMemory x = upload(stream, 1)) {
      Launch launch = scaling(stream, x, x, 1, 1);
      SimulatedDriver.fail("launch:1");
      KernelException failed = assertThrows(KernelException.class, launch::run);
      assertEquals("cuLaunchKernel", failed.call());
      assertTrue(failed.status().startsWith("CUDA_ERROR_"), failed.status());
      assertEquals(SCALE, failed.kernel());
      assertEquals(LaunchShape.line(2, 256), failed.shape());
      scaling(stream, x, x, 1, 3).run();
      assertArrayEquals(new float[] {3}, download(x, stream));
    }
  }

  @Test
  void launchesMakeNoGarbageWorthSpeakingOf() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (DeviceMemory x = upload(stream, 1)) {
      Kernel kernel = context.module("unary").kernel(SCALE);
      LaunchShape shape = LaunchShape.line(1, 256);
      long[] none = {};
      long[][] strides = {none};
      long best = Long.MAX_VALUE;
      for (int round = 0; round < 5; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 500; i++) {
          kernel
              .launch(stream, shape)
              .pointer(x)
              .pointer(x)
              .strided(none, strides)
              .int64(1)
              .float32(1)
              .float32(0)
              .run();
        }
        best = Math.min(best, (threads.getCurrentThreadAllocatedBytes() - before) / 500);
        stream.synchronize();
      }
      // The view of the struct's bytes, before the compiler takes it away.
      assertTrue(best <= 256, best + " bytes per launch");
    }
  }

  @Test
  void anEventIsDoneWhenTheWorkBeforeItIs() {
    try (CudaEvent event = context.newEvent();
        DeviceMemory x = upload(stream, 1)) {
      assertTrue(event.isDone(), "never recorded");
      scaling(stream, x, x, 1, 2).run();
      stream.record(event);
      event.synchronize();
      assertTrue(event.isDone());
      stream.synchronize();
      assertTrue(stream.isDone());
    }
  }

  @Test
  void workWaitsForAnEventOfAnotherStream() {
    try (CudaStream other = context.newStream();
        CudaEvent event = context.newEvent();
        DeviceMemory x = upload(stream, 1)) {
      for (int i = 0; i < 5; i++) {
        scaling(stream, x, x, 1, 2).run();
      }
      stream.record(event);
      other.waitFor(event);
      assertArrayEquals(new float[] {32}, download(x, other));
    }
  }

  @Test
  void aStreamOrEventThatIsClosedIsRefused() {
    CudaStream brief = context.newStream();
    CudaEvent event = context.newEvent();
    try (DeviceMemory x = upload(stream, 1)) {
      brief.close();
      assertClosed(() -> scaling(brief, x, x, 1, 1).run());
    }
    assertClosed(brief::synchronize);
    assertClosed(brief::isDone);
    assertClosed(() -> brief.record(event));
    assertClosed(() -> brief.waitFor(event));
    event.close();
    assertClosed(() -> stream.record(event));
    assertClosed(() -> stream.waitFor(event));
    assertClosed(event::isDone);
    assertClosed(event::synchronize);
    assertEquals("", SimulatedDriver.firstFault(), "no call reaches the driver");
  }

  private static void assertClosed(Runnable call) {
    CudaException refused = assertThrows(CudaException.class, call::run);
    assertEquals(CudaException.REFUSED, refused.status());
    assertTrue(refused.detail().endsWith("is closed"), refused.detail());
  }

  @Test
  void aBlockMayOutliveItsStream() {
    CudaStream brief = context.newStream();
    DeviceMemory block = context.memory().allocate("block", 5000, brief);
    brief.close();
    block.close();
    try (DeviceMemory another = context.memory().allocate("another", 5000, stream)) {
      assertEquals(0, context.memory().stats().cached(), "the block is used again");
      assertEquals(5000, another.bytes());
    }
  }

  @Test
  void timersGiveMilliseconds() {
    try (CudaEvent start = context.newTimer();
        CudaEvent end = context.newTimer()) {
      stream.record(start);
      stream.record(end);
      end.synchronize();
      assertTrue(end.millisecondsSince(start) >= 0);
    }
  }

  @Test
  void eightThreadsWithAFreshPoolComputeTheirOwn() throws InterruptedException {
    assertEquals(0, context.memory().stats().cached());
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<String>> results = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        float own = t + 1;
        results.add(threads.submit(() -> work(own)));
      }
      for (Future<String> result : results) {
        assertNull(result.get());
      }
    } catch (ExecutionException failure) {
      throw new AssertionError(failure.getCause());
    }
    assertEquals(0, context.memory().stats().live());
  }

  /** What went wrong, or null. */
  private String work(float own) {
    try (CudaStream mine = context.newStream()) {
      for (int i = 0; i < 25; i++) {
        float[] values = new float[100 + 37 * i];
        Arrays.fill(values, own);
        try (DeviceMemory x = upload(mine, values);
            DeviceMemory y = context.memory().allocate("y", x.bytes(), mine)) {
          scaling(mine, y, x, values.length, i).run();
          float[] result = download(y, mine);
          for (float v : result) {
            if (v != own * i) {
              return "expected " + own * i + ", got " + v;
            }
          }
        }
      }
    }
    return null;
  }

  @Test
  void aContextOfTheSameDeviceTakesNoMemoryOfAnother() {
    try (CudaContext second = CudaContext.open(0);
        DeviceMemory x = upload(stream, 1);
        CudaStream foreign = second.newStream()) {
      Kernel kernel = second.module("unary").kernel(SCALE);
      KernelException memory =
          assertThrows(
              KernelException.class,
              () -> kernel.launch(foreign, LaunchShape.line(1, 1)).pointer(x));
      assertTrue(memory.detail().contains("memory of another context"), memory.detail());
      Kernel own = context.module("unary").kernel(SCALE);
      KernelException of =
          assertThrows(
              KernelException.class,
              () ->
                  own.launch(foreign, LaunchShape.line(1, 1))
                      .pointer(x)
                      .pointer(x)
                      .strided(new long[0], new long[0])
                      .int64(1)
                      .float32(0)
                      .float32(0)
                      .run());
      assertTrue(of.detail().contains("a stream of another context"), of.detail());
    }
  }

  @Test
  void closingReportsWhatIsStillInUse() {
    CudaContext second = CudaContext.open(0);
    CudaStream forgotten = second.newStream();
    second.memory().allocate("weights", 300, forgotten);
    CudaException leaks = assertThrows(CudaException.class, second::close);
    assertTrue(leaks.detail().contains("1 blocks, 512 bytes: weights (300 bytes"), leaks.detail());
    assertTrue(leaks.detail().contains("1 streams or events, 1 blocks"), leaks.detail());
    CudaException closed = assertThrows(CudaException.class, second::newStream);
    assertTrue(closed.detail().contains("is closed"), closed.detail());
  }
}
