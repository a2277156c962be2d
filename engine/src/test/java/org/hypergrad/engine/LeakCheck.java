package org.hypergrad.engine;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.Map;
import org.hypergrad.engine.backend.Backends;
import org.hypergrad.engine.error.LifetimeException;
import org.hypergrad.engine.memory.MemoryStats;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Checks after every test of this module that the bytes and blocks in use of each device are what
 * they were before it, and that no scope and no tape is open.
 *
 * <p>JUnit finds it as a service, so that no test can forget it; found first, it looks before the
 * test's own set-up and after its own clean-up.
 */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(LeakCheck.class);

  /** What is in use on one device. */
  private record InUse(long bytes, long blocks) {
    static InUse of(Device device) {
      MemoryStats stats = device.memory();
      return new InUse(stats.live(), stats.liveBlocks());
    }
  }

  private static final class Snapshot extends LinkedHashMap<Device, InUse> {
    private static final long serialVersionUID = 1;
  }

  private static Snapshot snapshot() {
    Snapshot now = new Snapshot();
    now.put(Device.reference(), InUse.of(Device.reference()));
    if (Backends.cpuProblem().isEmpty()) {
      now.put(Device.cpu(), InUse.of(Device.cpu()));
    }
    if (GpuDevice.isThere()) {
      now.put(GpuDevice.get(), InUse.of(GpuDevice.get()));
    }
    return now;
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    context.getStore(NAMESPACE).put(Snapshot.class, snapshot());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    check(context.getStore(NAMESPACE).get(Snapshot.class, Snapshot.class));
  }

  private static void check(Map<Device, InUse> before) {
    assertAll(
        () -> assertEquals(before, snapshot(), "in use on each device before and after the test"),
        () -> assertThrows(LifetimeException.class, Scope::current, "a scope is still open"),
        () -> assertNull(Tape.recording(), "a tape is still open"));
  }

  /** The check for {@link LeakCheckTest}: what it says of {@code body}. */
  static void around(Runnable body) {
    Snapshot before = snapshot();
    body.run();
    check(before);
  }
}
