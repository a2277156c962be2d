package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Runs the simulated device's own tests, which are a program beside its library. */
class SimulatorTest {
  private static final Path PROGRAM = Path.of("target", "simulator", "simulator-test");

  @Test
  void itsOwnTestsPass() throws IOException, InterruptedException {
    boolean built = Files.isExecutable(PROGRAM);
    if ("true".equals(System.getenv("CI"))) {
      assertTrue(built, "CI must build the simulated device");
    }
    assumeTrue(built, "no g++: the simulated device was not built");
    Path output = PROGRAM.resolveSibling("simulator-test.txt");
    Process tests =
        new ProcessBuilder(PROGRAM.toAbsolutePath().toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertEquals(0, tests.waitFor(), () -> read(output));
  }

  private static String read(Path output) {
    try {
      return Files.readString(output);
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }
}
