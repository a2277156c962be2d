package org.hypergrad.examples.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Kills a run at random moments, goes on with it each time, and looks at where it ends. */
final class Killing {
  /** In nanoseconds: longer than a step and its save take. */
  private static final int WHILE = 40_000_000;

  private final String device;
  private final Path folder;
  private final long epochs;
  private final Random random;
  private final String seed;

  /**
   * Of runs on a device.
   *
   * @param folder where they may write
   */
  Killing(String device, Path folder, long epochs) {
    long time = System.nanoTime();
    this.device = device;
    this.folder = folder;
    this.epochs = epochs;
    this.random = new Random(time);
    this.seed = "seed " + time;
  }

  /** Checks that it ends with the bits of a run that nobody killed. */
  void check(int kills) throws IOException, InterruptedException {
    Path whole = folder.resolve("whole");
    Path killed = folder.resolve("killed");
    finish(whole);
    // Not behind the last but one epoch, so that none comes too late.
    long last = ChildRun.steps(epochs - 1);
    long[] moments = random.longs(kills, 1, last).sorted().toArray();
    for (long step : moments) {
      killAfter(killed, step);
    }
    assertFalse(Files.exists(killed.resolve(ChildRun.WEIGHTS)), seed);
    finish(killed);
    String message = seed + ", kills after steps " + Arrays.toString(moments);
    assertEquals(
        Files.readString(whole.resolve(ChildRun.CURVE)),
        Files.readString(killed.resolve(ChildRun.CURVE)),
        message);
    assertArrayEquals(
        Files.readAllBytes(whole.resolve(ChildRun.WEIGHTS)),
        Files.readAllBytes(killed.resolve(ChildRun.WEIGHTS)),
        message);
    try (Stream<Path> files = Files.list(killed.resolve("runs/tiny"))) {
      assertEquals(3, files.count(), "no more than the last three, and nothing half written");
    }
  }

  private Process start(Path where) throws IOException {
    return new ProcessBuilder(ChildRun.command(device, where, epochs))
        .redirectErrorStream(true)
        .start();
  }

  private void finish(Path where) throws IOException, InterruptedException {
    Process child = start(where);
    try {
      String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, child.waitFor(), said);
    } finally {
      child.destroyForcibly();
    }
  }

  /** Goes on until a step begins, and a while longer. */
  private void killAfter(Path where, long step) throws IOException, InterruptedException {
    Process child = start(where);
    try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
      List<String> said = out.lines().takeWhile(line -> !begins(line, step)).toList();
      assertTrue(child.isAlive(), () -> seed + ": " + String.join("\n", said));
      TimeUnit.NANOSECONDS.sleep(random.nextInt(WHILE));
    } finally {
      child.destroyForcibly();
    }
    assertTrue(child.waitFor() > 128, seed + ": it was killed");
  }

  private static boolean begins(String line, long step) {
    return line.startsWith(ChildRun.STEP)
        && Long.parseLong(line.substring(ChildRun.STEP.length())) >= step;
  }
}
