package org.hypergrad.examples.whitening;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.Table;
import org.hypergrad.examples.experiment.Curves;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Runs;
import org.hypergrad.examples.experiment.Spread;
import org.hypergrad.examples.learned.Matrices;
import org.hypergrad.examples.learned.Pictures;

/** What the runs found: tables, matrices as text, CSV, pictures. */
final class Report {
  private static final List<String> KIND = List.of("momentum", "method");

  private final Map<Variant, Runs> kinds;

  /** Of all runs, also those that diverged. */
  Report(Map<Variant, Runs> kinds) {
    this.kinds = kinds;
  }

  /** Prints tables and the last layer's matrices, and writes all. */
  void write(Results results, PrintWriter text) throws IOException {
    List<Runs> all = List.copyOf(kinds.values());
    Matrices matrices = new Matrices(KIND, all, Network.LAYERS);
    String tables = accuracies() + "\n" + matrices.table();
    text.println();
    text.println(tables);
    text.println(
        "Accuracy in % on the test images, in brackets the mean loss of the last 250 steps, over"
            + " the runs that did not diverge. "
            + Matrices.explanation());
    text.println();
    text.print(matrices.ofLastLayer());
    results.text("tables.md", tables);
    new Curves(KIND, all).csv(results);
    matrices.write(results);
    int methods =
        (int) kinds.keySet().stream().flatMap(v -> v.preset().stream()).distinct().count();
    new Pictures(all, Network.LAYERS).write(results, methods);
  }

  private Table accuracies() {
    List<String> methods = kinds.keySet().stream().map(Variant::method).distinct().toList();
    Table table =
        new Table(Stream.concat(Stream.of("momentum"), methods.stream()).toArray(String[]::new));
    for (double momentum : kinds.keySet().stream().map(Variant::momentum).distinct().toList()) {
      List<Object> row = new ArrayList<>(List.of(momentum));
      kinds.forEach(
          (variant, runs) -> {
            if (variant.momentum() == momentum) {
              row.add(accuracy(runs));
            }
          });
      table.row(row.toArray());
    }
    return table;
  }

  private static String accuracy(Runs runs) {
    List<Outcome> ended = runs.ended();
    if (ended.isEmpty()) {
      return runs.diverged();
    }
    String found =
        Spread.of(ended, Outcome::accuracy).text(100, 1)
            + " ("
            + Table.number(Spread.of(ended, Outcome::recentLoss).mean(), 3)
            + ")";
    return runs.diverged().isEmpty() ? found : found + ", " + runs.diverged();
  }
}
