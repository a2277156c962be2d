package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ctrl-C saves the run and says how to go on, and that comes to the same end. */
@EnabledOnOs(OS.LINUX)
class InterruptTest {
  private static final Pattern STOPPED =
      Pattern.compile("fop-seed1 stopped after step (\\d+) and is saved in (.*); to go on:");

  @TempDir private Path folder;

  /** On so many threads that bits are the same: other tests may have left the device fewer. */
  private static List<String> arguments(Path out, long epochs) {
    return List.of(
        ("mnist --method fop --rank 3 --limit 400 --eval-limit 100 --batch 40 --threads 2"
                + " --epochs "
                + epochs
                + " --out "
                + out)
            .split(" "));
  }

  private static Process start(List<String> arguments) throws IOException {
    // A shell may have told its background jobs to ignore the signal.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT,TERM"));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector",
            "-Djava.awt.headless=true",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Examples.class.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(command).start();
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void savesAndSaysHowToGoOn(String signal, int code) throws IOException, InterruptedException {
    Path stopped = folder.resolve("stopped");
    List<String> arguments = arguments(stopped, 100_000);
    Process child = start(arguments);
    String error;
    try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
      List<String> said =
          new ArrayList<>(out.lines().takeWhile(l -> !l.contains(" epoch 1 of")).toList());
      Process kill = new ProcessBuilder("kill", "-" + signal, "" + child.pid()).start();
      assertEquals(0, kill.waitFor(), () -> String.join("\n", said));
      out.lines().forEach(said::add);
      error = new String(child.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(code, child.waitFor(), error);
      assertTrue(
          said.contains("stopping after this step; once more to stop at once"), said::toString);
    } finally {
      child.destroyForcibly();
    }
    Matcher matcher = STOPPED.matcher(error);
    assertTrue(matcher.find(), error);
    long step = Long.parseLong(matcher.group(1));
    assertEquals(
        "step-%012d.safetensors".formatted(step),
        Path.of(matcher.group(2)).getFileName().toString());
    assertTrue(Files.exists(Path.of(matcher.group(2))), error);
    String goOn = "  examples/run " + String.join(" ", arguments) + " --resume";
    assertTrue(error.endsWith(goOn + System.lineSeparator()), error);
    // The rest of that epoch, as the command that was named would go on, had it fewer epochs.
    long epochs = step / 10 + 1;
    List<String> rest = new ArrayList<>(arguments(stopped, epochs));
    rest.add("--resume");
    Program resumed = Program.run(rest).done();
    assertTrue(resumed.out().contains("fop-seed1 goes on after step " + step), resumed.out());
    Path whole = folder.resolve("whole");
    Program.run(arguments(whole, epochs)).done();
    assertArrayEquals(
        Files.readAllBytes(whole.resolve("fop.safetensors")),
        Files.readAllBytes(stopped.resolve("fop.safetensors")),
        Arrays.asList(step, epochs).toString());
  }
}
