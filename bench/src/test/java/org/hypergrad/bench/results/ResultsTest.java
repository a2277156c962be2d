package org.hypergrad.bench.results;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
  private static final Facts FACTS =
      new Facts(
          "bench/run \"a|b\"", "2 forks", "2026-01-02T03:04:05Z", "c0ffee", "Linux", "P", 8, "25");

  private static final Results<Found> RESULTS =
      new Results<>(FACTS, List.of(new Found("a, b", 0.1, 1L << 40), new Found("\"c\"", 2e-9, 0)));

  @TempDir private Path folder;

  private record Found(String row, double errorMs, long work) {}

  @Test
  void readsWhatItWrote() throws IOException {
    RESULTS.write(folder.resolve("new"), "found");
    assertEquals(RESULTS, Results.read(folder.resolve("new/found.json"), Found.class));
  }

  @Test
  void columnsAreTheComponentsBelowTheFacts() throws IOException {
    RESULTS.write(folder, "found");
    assertEquals(
        """
        # command: bench/run "a|b"
        # settings: 2 forks
        # date: 2026-01-02T03:04:05Z
        # commit: c0ffee
        # machine: Linux
        # processor: P
        # cores: 8
        # jdk: 25
        row,error_ms,work
        "a, b",0.1,1099511627776
        \"\"\"c\"\"\",2.0E-9,0
        """
            .replace("\n", "\r\n"),
        Files.readString(folder.resolve("found.csv")));
  }

  @Test
  void takesTheFactsOfThisProcess() {
    Facts here = Facts.here("bench/run x", "2 forks");
    assertEquals("bench/run x", here.command());
    assertEquals(Runtime.getRuntime().availableProcessors(), here.cores());
    assertEquals("25", here.jdk().substring(0, 2));
    assertFalse(here.processor().isBlank());
  }
}
