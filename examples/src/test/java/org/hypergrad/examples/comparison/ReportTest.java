package org.hypergrad.examples.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.cifar10.Settings;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Runs;
import org.hypergrad.fop.Extra;
import org.hypergrad.nn.train.EpochResult;
import org.hypergrad.nn.train.Evaluation;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table of runs that never were: two epochs of four steps each. */
class ReportTest {
  private static final String WHY = "training: stopped before step 7; hint: try another rate";

  @TempDir private Path folder;
  private final Map<Contender, Runs> found = new LinkedHashMap<>();

  /** Of an epoch's seconds, and the accuracies after each epoch. */
  private static Outcome run(long seed, Extra extra, double seconds, double... accuracies) {
    List<EpochResult> curve = new ArrayList<>();
    for (int i = 0; i < accuracies.length; i++) {
      Evaluation seen = new Evaluation(100, 2.5 - i, Map.of("accuracy", accuracies[i]));
      curve.add(new EpochResult(i + 1, true, 4 * (i + 1), 2.25 - i, seen, seconds));
    }
    Optional<String> stopped = accuracies.length < 2 ? Optional.of(WHY) : Optional.empty();
    return new Outcome(seed, 0.05, extra, curve, new double[0], List.of(), stopped);
  }

  private void add(Method method, Outcome... runs) {
    Contender contender = new Contender(method, Settings.of(method));
    found.put(contender, contender.runs(List.of(runs)));
  }

  @BeforeEach
  void runs() {
    add(Method.MOMENTUM, run(1, Extra.NONE, 2, 0.5, 0.7), run(2, Extra.NONE, 2, 0.5, 0.72));
    Extra extra = new Extra(569, 65, 1_370_187);
    add(Method.FOP, run(1, extra, 2.5, 0.5, 0.8), run(2, extra, 2.5, 0.4));
    add(Method.ADAM_FOP, run(1, extra, 9, 0.3), run(2, extra, 9));
  }

  private List<String> cells(String text, String method) {
    String line =
        text.lines().filter(l -> l.startsWith("| " + method + " ")).findFirst().orElseThrow();
    return List.of(line.substring(1).strip().split(" *\\| *", -1)).subList(0, 10);
  }

  @Test
  void theTableHasWhatThePapersHas() {
    String table = new Report(found, 100).table().toString();
    assertEquals(
        List.of("momentum", "0.05", "71.00 ± 1.41", "1.5000", "1.2500", "", "", "", "500.0", ""),
        cells(table, "momentum"));
    assertEquals(
        List.of(
            "fop",
            "0.05",
            "80.00, 1 of 2 diverged",
            "1.5000",
            "1.2500",
            "",
            "569 (65)",
            "1370187",
            "625.0",
            "+25"),
        cells(table, "fop"));
    assertEquals(
        List.of("adam+fop", "0.001", "2 of 2 diverged", "", "", "", "", "", "", ""),
        cells(table, "adam+fop"));
  }

  @Test
  void whatDivergedIsExplained() throws IOException {
    StringWriter text = new StringWriter();
    try (Results results = Results.in(folder)) {
      new Report(found, 100).write(results, new PrintWriter(text));
    }
    String table = Files.readString(folder.resolve("table.md"));
    assertTrue(text.toString().contains(table), text.toString());
    for (String run : List.of("fop, seed 2", "adam+fop, seed 1", "adam+fop, seed 2")) {
      assertTrue(table.contains("\n" + run + ", diverged: " + WHY + "\n"), table);
    }
    assertFalse(table.contains("momentum, seed"), table);
    // Two standard errors of 74 % of 100 images, with two hits and two misses more: of 76 out of
    // 104.
    assertTrue(text.toString().contains("uncertain by about 8.7 %"), text.toString());
    List<String> rows = Files.readAllLines(folder.resolve("curves.csv"));
    assertEquals(
        "method,rate,seed,epoch,step,train_loss,test_images,test_loss,test_accuracy,seconds",
        rows.getFirst());
    assertEquals("fop,0.05,2,1,4,2.25,100,2.5,0.4,2.5", rows.get(7));
    assertEquals("adam+fop,0.001,1,1,4,2.25,100,2.5,0.3,9.0", rows.get(8));
    assertEquals(1 + 4 + 3 + 1, rows.size());
    assertFalse(Files.exists(folder.resolve("layers.md")), "nothing saw any P");
  }
}
