package org.hypergrad.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Off-heap memory depends on scopes alone, and not on a garbage collector that sees no reason. */
class SteadyMemoryTest {
  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void tenThousandStepsHoldWhatTwoDid(String device) throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+DisableExplicitGC",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                SteadyLoop.class.getName(),
                device)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, child.waitFor(), output);
    List<Long> live = numbers(output, "live ");
    assertEquals(3, live.size(), output);
    assertEquals(live.get(0), live.get(1), "live bytes after step 2 and step 8,000");
    assertEquals(live.get(0), live.get(2), "live bytes after random batch sizes");
    // The cache holds no more than the peak, or 64 MiB; the network itself needs less than 1 MiB.
    assertTrue(numbers(output, "held ").get(0) <= 65L << 20, output);
  }

  private static List<Long> numbers(String output, String label) {
    return Arrays.stream(output.split("\\R"))
        .filter(line -> line.startsWith(label))
        .map(line -> Long.parseLong(line.substring(label.length())))
        .toList();
  }
}
