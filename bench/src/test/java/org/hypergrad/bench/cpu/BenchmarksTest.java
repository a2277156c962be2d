package org.hypergrad.bench.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hypergrad.bench.Commands;
import org.hypergrad.bench.results.Results;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchmarksTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Commands.line(new Benchmarks())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  @Test
  void timesWhatMatchesBelowTheCeilings() throws IOException {
    String name = "softmax/cross-entropy forward, 128 x 10";
    assertEquals(0, run("quick", "CROSS-entropy forward", "--out", folder.toString()), "" + err);
    Results<Timing> results = Results.read(folder.resolve("quick.json"), Timing.class);
    assertEquals(
        "bench/run quick CROSS-entropy forward --out " + folder, results.facts().command());
    assertEquals(
        List.of(Ceilings.COPY, "ceiling/matmul, 2048 x 2048 x 2048", name),
        results.rows().stream().map(Timing::row).toList());
    Timing found = results.rows().getLast();
    assertEquals(5, found.samples());
    // 1280 logits, 128 labels, one loss.
    assertEquals(4 * (1280 + 128 + 1), found.work());
    assertTrue(out.toString().contains(name), "" + out);
    assertTrue(Files.exists(folder.resolve("quick.csv")));
  }

  @Test
  void listsWhatMatches() {
    assertEquals(0, run("--list", "^random/u", "^loader/M"), "" + err);
    assertEquals(
        List.of("random/uniform, 1 M", "random/uniform, 16 M", "loader/MNIST, batch 128"),
        out.toString().lines().toList());
  }

  @Test
  void saysWhatItDoesNotUnderstand() {
    assertEquals(2, run("no such row"));
    assertEquals(2, run("--iterations", "2"));
    assertEquals(2, run("a("));
    assertEquals(
        List.of(
            "no row is like [no such row]; --list prints all",
            "see bench/run --help",
            "--forks must be at least 1 and --iterations at least 3",
            "see bench/run --help",
            "\"a(\" is no regular expression: Unclosed group near index 2",
            "see bench/run --help"),
        err.toString().lines().toList());
  }
}
