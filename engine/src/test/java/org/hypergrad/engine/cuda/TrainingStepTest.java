package org.hypergrad.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntFunction;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.EngineException;
import org.hypergrad.engine.error.NativeException;
import org.hypergrad.engine.error.OutOfMemoryException;
import org.hypergrad.engine.op.Dropout;
import org.hypergrad.kernels.Simulated;
import org.hypergrad.kernels.SimulatedDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole training steps on the simulated GPU: their numbers, their waiting, and their failures. */
@Simulated
class TrainingStepTest {
  private static final Device DEVICE = Device.simulated();
  private static final int STEPS = 5;

  @AfterEach
  void noMoreFailures() {
    SimulatedDriver.fail("");
  }

  private static double loss(TrainingStep step) {
    try (Tensor loss = step.run()) {
      return loss.item();
    }
  }

  @Test
  void lossesAreThoseOfTheProcessor() {
    try (TrainingStep here = new TrainingStep(DEVICE);
        TrainingStep there = new TrainingStep(Device.cpu())) {
      for (int i = 0; i < STEPS; i++) {
        double expected = loss(there);
        assertEquals(expected, loss(here), 1e-4 * expected, "step " + i);
      }
    }
  }

  @Test
  void dropoutHasTheMasksOfTheProcessor() {
    float[][] kept = new float[2][];
    for (int i = 0; i < 2; i++) {
      Device device = i == 0 ? DEVICE : Device.cpu();
      kept[i] =
          device.call(
              () ->
                  Scope.call(
                      () -> Dispatch.run(new Dropout(0.3, 7, 3), Tensor.ones(1009))[0].toFloats()));
    }
    assertArrayEquals(kept[1], kept[0]);
  }

  @Test
  void theSameSeedGivesTheSameBits() {
    float[][][] states = new float[2][][];
    for (int run = 0; run < 2; run++) {
      try (TrainingStep step = new TrainingStep(DEVICE)) {
        for (int i = 0; i < STEPS; i++) {
          step.run().close();
        }
        states[run] = step.state();
      }
    }
    assertArrayEquals(states[0], states[1]);
  }

  /** The simulated device runs what is queued when the host waits, and not before. */
  @Test
  void nothingWaitsForTheDeviceUntilAValueIsRead() {
    try (TrainingStep step = new TrainingStep(DEVICE)) {
      loss(step);
      loss(step);
      SimulatedDriver.clearLog();
      try (Tensor loss = step.run()) {
        assertEquals(1, SimulatedDriver.log().lines().count(), "no launch beside the header");
        loss.item();
        assertTrue(SimulatedDriver.log().lines().count() > 30, "the launches of a step");
      }
    }
  }

  /** One allocation that fails is retried without what the pool had cached. */
  @Test
  void oneRefusedAllocationIsNotSeen() {
    try (TrainingStep expected = new TrainingStep(Device.cpu())) {
      double loss = loss(expected);
      for (int n = 1; n <= allocations(); n++) {
        try (TrainingStep step = new TrainingStep(DEVICE)) {
          DEVICE.backend().memory().trim();
          SimulatedDriver.fail("alloc:" + n);
          assertEquals(loss, loss(step), 1e-4 * loss, "refused allocation " + n);
        }
      }
    }
  }

  /** How many allocations the first step makes with an empty pool. */
  private static int allocations() {
    int n = 1;
    while (fails(n, i -> "alloc:" + i + "+")) {
      n++;
    }
    assertTrue(n > 20, "the step allocates " + n + " times");
    return n;
  }

  /** Whether a step fails by this rule; afterwards it works, and nothing is left in use. */
  private static boolean fails(int n, IntFunction<String> rule) {
    try (TrainingStep step = new TrainingStep(DEVICE)) {
      long live = DEVICE.memory().live();
      DEVICE.backend().memory().trim();
      SimulatedDriver.fail(rule.apply(n));
      boolean failed = false;
      try {
        loss(step);
      } catch (OutOfMemoryException | NativeException expected) {
        failed = true;
        assertEquals(live, DEVICE.memory().live(), rule.apply(n) + ": " + expected.getMessage());
      }
      SimulatedDriver.fail("");
      assertTrue(Double.isFinite(loss(step)), "the step after " + rule.apply(n));
      return failed;
    }
  }

  /** Whether from any other allocation on memory was gone, {@link #allocations} tried. */
  @Test
  void lackOfMemoryHasATypeOfItsOwn() {
    try (TrainingStep step = new TrainingStep(DEVICE)) {
      DEVICE.backend().memory().trim();
      SimulatedDriver.fail("alloc:3+");
      assertThrows(OutOfMemoryException.class, () -> loss(step));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"copy", "launch", "blas", "dnn"})
  void afterAFailedCallTheNextStepWorks(String kind) {
    int n = 1;
    while (fails(n, i -> kind + ":" + i)) {
      n++;
    }
    assertTrue(n > 2, kind + " is called in a step " + n);
  }

  @Test
  void aFailedCallIsNamed() {
    try (TrainingStep step = new TrainingStep(DEVICE)) {
      SimulatedDriver.fail("dnn:1");
      EngineException failure = assertThrows(NativeException.class, () -> loss(step));
      assertTrue(failure.getMessage().contains("conv2d"), failure.getMessage());
      assertTrue(failure.getMessage().contains("cudnnConvolutionForward"), failure.getMessage());
      assertTrue(failure.getMessage().contains("[4, 3, 8, 8]"), failure.getMessage());
    }
  }
}
