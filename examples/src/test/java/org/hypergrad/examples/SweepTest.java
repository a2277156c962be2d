package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.hypergrad.examples.chart.Charts;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SweepTest {
  private static final List<String> SMALL =
      List.of(
          "--limit", "200", "--batch", "25", "--epochs", "4", "--device", "cpu", "--threads", "1");

  /** The last number of a row without a text at its end. */
  private static final String SECONDS = "[0-9.E-]+,$";

  @TempDir private Path folder;

  private List<String> command(String name, String... options) {
    List<String> all =
        new ArrayList<>(List.of("sweep", "mnist", "--out", folder.resolve(name).toString()));
    all.addAll(SMALL);
    all.addAll(List.of(options));
    return all;
  }

  private Program sweep(String name, String... options) {
    return Program.run(command(name, options));
  }

  /** The rows of runs, in an order of their own, without the time that they took. */
  private List<String> scores(String name) throws IOException {
    return Files.readAllLines(folder.resolve(name).resolve("scores.csv")).stream()
        .skip(1)
        .map(row -> row.replaceFirst(SECONDS, ","))
        .sorted()
        .toList();
  }

  private Process child(String name, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.awt.headless=true",
                "-cp",
                System.getProperty("java.class.path"),
                Examples.class.getName()));
    command.addAll(command(name, options));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static void readUntil(Process process, String text) throws IOException {
    BufferedReader lines = process.inputReader();
    List<String> seen = new ArrayList<>();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      seen.add(line);
      if (line.contains(text)) {
        return;
      }
    }
    throw new AssertionError("no \"" + text + "\" in " + String.join("\n", seen));
  }

  /** One is killed within a run; the other may have it, or the next program. */
  @Test
  void processesShareAGridAndOneMayBeKilled() throws Exception {
    String[] grid = {
      "--grid",
      "lr=0.01,0.05,momentum=0,0.9,rank=2",
      "--method",
      "momentum,fop-direction",
      "--seeds",
      "2"
    };
    Process killed = child("shared", grid);
    Process other = child("shared", grid);
    readUntil(killed, "epoch 2 of 4");
    killed.destroyForcibly().waitFor();
    String said = new String(other.getInputStream().readAllBytes());
    assertEquals(0, other.waitFor(), said);
    Program rest = sweep("shared", grid).done();
    List<String> shared = scores("shared");
    assertEquals(16, shared.size());
    assertEquals(16, shared.stream().distinct().count());
    Program whole = sweep("whole", grid).done();
    assertTrue(whole.out().contains("16 of 16 runs are done"), whole.out());
    assertEquals(scores("whole"), shared);
    assertEquals(
        Files.readString(folder.resolve("whole/table.md")),
        Files.readString(folder.resolve("shared/table.md")));
    assertTrue(rest.out().contains("written to "), rest.out());
    try (Stream<Path> files = Files.walk(folder.resolve("shared/runs"))) {
      assertEquals(
          List.of(),
          files.filter(f -> f.toString().endsWith(".safetensors")).toList(),
          "checkpoints of what is done");
    }
  }

  /** What another process holds is left to it, and said. */
  @Test
  void runsOfOtherProcessesAreLeftToThem() throws IOException {
    String[] grid = {"--grid", "lr=0.01,0.05", "--method", "momentum", "--seeds", "1"};
    try (Results _ = Results.in(folder.resolve("a/runs/momentum-lr0.05-seed1"))) {
      Program first = sweep("a", grid).done();
      assertTrue(first.out().contains("1 of 2 runs are still with other processes"), first.out());
      assertEquals(1, scoreLines("a"));
      assertFalse(Files.exists(folder.resolve("a/table.md")));
    }
    Program second = sweep("a", grid).done();
    assertTrue(second.out().contains("2 runs, 1 of them done before"), second.out());
    assertFalse(second.out().contains("momentum-lr0.01-seed1: epoch"), second.out());
    assertEquals(2, scoreLines("a"));
    Program third = sweep("a", grid).done();
    assertFalse(third.out().contains("epoch 1 of 4"), third.out());
    Program more = sweep("a", "--grid", "lr=0.01,0.05,0.1", "--method", "momentum", "--seeds", "1");
    assertTrue(more.done().out().contains("3 runs, 2 of them done before"), more.out());
  }

  private long scoreLines(String name) throws IOException {
    return Files.readAllLines(folder.resolve(name).resolve("scores.csv")).size() - 1;
  }

  @Test
  void divergenceIsAScoreWithItsReason() throws IOException {
    Program program =
        sweep("a", "--grid", "lr=0.01,1e6", "--method", "momentum,adam", "--seeds", "2").done();
    List<String> rows =
        Files.readAllLines(folder.resolve("a/scores.csv")).stream()
            .filter(row -> row.startsWith("momentum,1000000,"))
            .toList();
    assertEquals(2, rows.size());
    for (String row : rows) {
      assertTrue(row.matches("momentum,1000000,[12],,,,,\"training: stopped .*step.*\""), row);
    }
    assertTrue(program.out().contains("momentum-lr1000000-seed1: diverged"), program.out());
    List<String> table = Files.readAllLines(folder.resolve("a/table.md"));
    assertTrue(
        table.stream().anyMatch(l -> l.matches("\\| momentum \\| 1000000 \\| +\\| 2 of 2 .*")),
        table::toString);
  }

  /** Momentum has no rate of M: it is trained once, and stands beside each. */
  @Test
  void aMethodIsTrainedOnceForWhatItHasNot() throws IOException {
    sweep(
            "a",
            "--grid",
            "lr=0.01,0.02,m-rate=1e-6,1e-5,rank=2",
            "--method",
            "momentum,fop",
            "--seeds",
            "2")
        .done();
    assertEquals(2 * (2 + 4), scoreLines("a"));
    List<String> table = Files.readAllLines(folder.resolve("a/table.md"));
    assertEquals(2 + 8, table.size());
    assertEquals(accuracy(table.get(2)), accuracy(table.get(3)), "the same run");
    assertNotEquals(accuracy(table.get(6)), accuracy(table.get(8)));
    Assumptions.assumeTrue(Charts.problem().isEmpty(), Charts.problem());
    assertEquals(2 * 640, ImageIO.read(folder.resolve("a/sweep.png").toFile()).getWidth());
  }

  private static String accuracy(String row) {
    return row.split(" *\\| *")[5];
  }

  @Test
  void aFolderHasOneSweep() {
    String[] grid = {"--grid", "lr=0.01", "--method", "momentum", "--seeds", "1", "--steps", "1"};
    sweep("a", grid).done();
    String[] other = Arrays.copyOf(grid, grid.length);
    other[other.length - 1] = "2";
    Program steps = sweep("a", other);
    assertEquals(1, steps.code());
    assertTrue(
        steps.err().contains("has a sweep with other --steps; got 1; expected 2"), steps.err());
    other = Arrays.copyOf(grid, grid.length);
    other[1] = "momentum=0.9";
    Program axes = sweep("a", other);
    assertEquals(1, axes.code());
    assertTrue(axes.err().contains("got lr; expected momentum"), axes.err());
  }

  @ParameterizedTest
  @CsvSource({
    "--grid, 'lr=0.1,rate=2', '--grid: no method has a setting \"rate\"; they have ['",
    "--grid, 'lr=x', '--grid: grid: \"x\" is no finite number'",
    "--grid, 'lr=-1', '--grid: '",
    "--grid, 'momentum=1.5', '--grid: '",
    "--method, momentum-best, '--method: no method \"momentum-best\" to sweep; there are"
        + " [momentum,'",
    "--method, ',', --method must be at least one name",
    "--seeds, 0, --seeds must be at least 1",
    "--steps, 0, --steps must be at least 1"
  })
  void badOptionsAreNotUnderstood(String option, String value, String message) {
    Program result = sweep("a", option, value);
    assertEquals(2, result.code(), result.err());
    assertTrue(result.err().contains(message), result.err());
    assertFalse(Files.exists(folder.resolve("a")), "nothing was written");
  }

  @Test
  void theProgramsAreNamed() {
    Program none = Program.run(List.of("sweep"));
    assertEquals(2, none.code());
    assertTrue(none.err().contains("sweep of which program? [cifar10, mnist"), none.err());
    assertEquals(2, Program.run(List.of("sweep", "mnits")).code());
  }
}
