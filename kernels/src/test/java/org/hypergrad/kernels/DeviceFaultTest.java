package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a kernel's fault does to everything after it. */
@Simulated
class DeviceFaultTest extends SimulatedContext {
  private static final String STATUS = "CUDA_ERROR_ILLEGAL_ADDRESS";

  /** Faults spoil the device; the simulator, and only it, can make it sound again. */
  @Override
  @AfterEach
  void close() {
    stream.close();
    SimulatedDriver.reset();
    context.close();
    SimulatedDriver.reset();
  }

  /** Reads and writes far beyond a block of 256 bytes, all of which were written. */
  private Launch outOfBounds(DeviceMemory x) {
    return scaling(stream, x, x, 1 << 20, 2);
  }

  @Test
  void aFaultIsReportedWhereTheWorkIsWaitedFor() {
    try (DeviceMemory x = upload(stream, new float[64])) {
      outOfBounds(x).run();
      CudaException fault = assertThrows(CudaException.class, stream::synchronize);
      assertEquals("cuStreamSynchronize", fault.call());
      assertEquals(STATUS, fault.status());
      assertTrue(fault.detail().contains(SCALE), fault.detail());
    }
  }

  @Test
  void everyLaterCallFailsAtOnceWithTheFirstCause() {
    try (DeviceMemory x = upload(stream, new float[64])) {
      outOfBounds(x).run();
      CudaException first = assertThrows(CudaException.class, stream::synchronize);
      DeviceMatrix one = DeviceMatrix.of(DeviceView.of(x), 1);
      List<Executable> calls =
          List.of(
              stream::synchronize,
              context::synchronize,
              context::newStream,
              context::newEvent,
              () -> context.memory().allocate("y", 1 << 20, stream),
              () -> download(x, stream),
              () -> scaling(stream, x, x, 1, 1).run(),
              () -> context.module("softmax"),
              () -> stream.blas().multiply(false, 1, 1, 1, 1, one, one, one));
      for (Executable call : calls) {
        CudaException later = assertThrows(CudaException.class, call);
        assertEquals(STATUS, later.status());
        assertSame(first, later.getCause());
        assertTrue(later.detail().contains("only a new process can use it again"));
        assertTrue(later.detail().contains(first.getMessage()), later.detail());
      }
    }
    assertEquals(0, context.memory().stats().live());
  }

  /** cuBLAS has no status for it; the driver tells the cause. */
  @Test
  void aLibraryThatMeetsTheFaultFirstNamesItAsItsCause() {
    stream.blas();
    try (DeviceMemory x = upload(stream, new float[64])) {
      outOfBounds(x).run();
      SimulatedDriver.fail("blas:1");
      DeviceMatrix one = DeviceMatrix.of(DeviceView.of(x), 1);
      CudaLibraryException failure =
          assertThrows(
              CudaLibraryException.class,
              () -> stream.blas().multiply(false, 1, 1, 1, 1, one, one, one));
      CudaException cause = (CudaException) failure.getCause();
      assertEquals("cuStreamSynchronize", cause.call());
      assertEquals(STATUS, cause.status());
    }
  }

  @Test
  void inDebugModeTheLaunchItselfIsBlamed() {
    System.setProperty("hypergrad.cuda.debug", "true");
    try (CudaContext exact = CudaContext.open(0)) {
      CudaStream own = exact.newStream();
      DeviceMemory x = exact.memory().allocate("x", 4, own);
      exact.staging().upload(floats(1), x, 0, own);
      Launch launch =
          exact
              .module("unary")
              .kernel(SCALE)
              .launch(own, LaunchShape.line(1, 256))
              .pointer(x)
              .pointer(x)
              .strided(new long[0], new long[0])
              .int64(2)
              .float32(1)
              .float32(0);
      KernelException fault = assertThrows(KernelException.class, launch::run);
      assertEquals(STATUS, fault.status());
      assertEquals(SCALE, fault.kernel());
      x.close();
      own.close();
    } finally {
      SimulatedDriver.reset();
      System.clearProperty("hypergrad.cuda.debug");
    }
  }

  @Test
  void aFaultLeavesNoLeakBehind() {
    DeviceMemory x = upload(stream, new float[64]);
    outOfBounds(x).run();
    assertThrows(CudaException.class, () -> download(x, stream));
    x.close();
    assertEquals(0, context.memory().stats().live());
  }
}
