package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.kernels.Simulated;
import org.hypergrad.kernels.SimulatedDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --graph} on the simulated GPU: the weights that the program leaves without it. */
@Simulated
class SimulatedGraphTest {
  @TempDir private Path folder;

  /** The weights in the end, and whether the log of the simulated device names a graph. */
  private boolean train(String name, String... more) {
    List<String> options =
        List.of(
            "mnist",
            "--device",
            "simulated",
            "--out",
            folder.resolve(name).toString(),
            "--steps",
            "6",
            "--batch",
            "16",
            "--epochs",
            "1",
            "--eval-limit",
            "100",
            "--rank",
            "4",
            "--method",
            "fop");
    SimulatedDriver.clearLog();
    Program.run(Stream.concat(options.stream(), List.of(more).stream()).toList()).done();
    return SimulatedDriver.log().lines().skip(1).anyMatch(line -> !line.matches(".*,0,[^,]*"));
  }

  @Test
  void mnistTrainsToTheSameBits() throws IOException {
    // The device must be there for its log to be read.
    Device.simulated();
    assertFalse(train("plain"));
    assertTrue(train("graph", "--graph"));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("plain/fop.safetensors")),
        Files.readAllBytes(folder.resolve("graph/fop.safetensors")));
  }
}
