package org.hypergrad.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.hypergrad.kernels.Simulated;
import org.hypergrad.kernels.SimulatedDriver;
import org.junit.jupiter.api.Test;

/** After a fault of a kernel every call fails at once with the first cause, in that process. */
@Simulated
class StoppedDeviceTest {
  @Test
  void everyLaterCallSaysWhatCameFirstAndWhatHelps() throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-D"
                    + SimulatedDriver.PROPERTY
                    + "="
                    + System.getProperty(SimulatedDriver.PROPERTY),
                "-cp",
                System.getProperty("java.class.path"),
                StoppedDevice.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, child.waitFor(), output);
    List<String> lines = output.lines().toList();
    assertEquals(5, lines.size(), output);
    assertEquals("closed without a word more", lines.getLast());
    assertTrue(lines.getFirst().startsWith("read | "), output);
    for (String line : lines.subList(0, 4)) {
      assertTrue(line.contains("fails as it was asked to"), line);
    }
    for (String line : lines.subList(1, 4)) {
      assertTrue(line.contains("only a new process can use it again"), line);
    }
  }
}
