package org.hypergrad.examples.whitening;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.Table;
import org.hypergrad.examples.experiment.Curve;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Spread;
import org.hypergrad.nn.train.EpochResult;

/** What the runs found: tables, matrices as text, CSV; {@link Pictures} draws them. */
final class Report {
  private static final List<String> RUN = List.of("momentum", "method", "seed");

  private final Map<Variant, List<Outcome>> outcomes;

  /** Of all runs, also those that diverged. */
  Report(Map<Variant, List<Outcome>> outcomes) {
    this.outcomes = outcomes;
  }

  /** The matrices that the last look of a run saw, by layer. */
  static List<Snapshot> last(Outcome run) {
    int samples = run.samples().size();
    return run.samples().subList(Math.max(0, samples - Network.LAYERS), samples).stream()
        .map(Snapshot::of)
        .toList();
  }

  /** Prints tables and the last layer's matrices, and writes all. */
  void write(Results results, PrintWriter text) throws IOException {
    String tables = accuracies() + "\n" + layers();
    text.println();
    text.println(tables);
    text.println(
        "Accuracy in % on the test images, in brackets the mean loss of the last 250 steps, over"
            + " the runs that did not diverge. Diagonal, neighbours (positions side by side or one"
            + " above the other: mean, and the greatest of all), P on the constant direction and"
            + " eigenvalues: means over seeds, of what was last seen of each run.");
    text.println();
    outcomes.forEach((variant, runs) -> text.print(matrices(variant, runs, Network.LAYERS)));
    results.text("tables.md", tables);
    results.text("matrices.txt", everyMatrix());
    results.csv("curves.csv", join(RUN, Curve.COLUMNS), curves());
    results.csv("matrices.csv", matrixHeader(), snapshots());
  }

  private Table accuracies() {
    List<String> methods = outcomes.keySet().stream().map(Variant::method).distinct().toList();
    Table table = new Table(join(List.of("momentum"), methods).toArray(String[]::new));
    for (double momentum : outcomes.keySet().stream().map(Variant::momentum).distinct().toList()) {
      List<Object> row = new ArrayList<>(List.of(momentum));
      outcomes.forEach(
          (variant, runs) -> {
            if (variant.momentum() == momentum) {
              row.add(accuracy(runs));
            }
          });
      table.row(row.toArray());
    }
    return table;
  }

  private static String accuracy(List<Outcome> runs) {
    List<Outcome> done = runs.stream().filter(r -> r.stopped().isEmpty()).toList();
    String stopped =
        done.size() == runs.size()
            ? ""
            : "%d of %d diverged".formatted(runs.size() - done.size(), runs.size());
    if (done.isEmpty()) {
      return stopped;
    }
    String found =
        Spread.of(done, Outcome::accuracy).text(100, 1)
            + " ("
            + Table.number(Spread.of(done, Outcome::recentLoss).mean(), 3)
            + ")";
    return stopped.isEmpty() ? found : found + ", " + stopped;
  }

  private Table layers() {
    Table table =
        new Table(
            "momentum",
            "method",
            "layer",
            "diagonal",
            "4-neighbours",
            "greatest",
            "P on constant",
            "eigenvalues");
    outcomes.forEach(
        (variant, runs) -> {
          for (int layer = 1; layer <= Network.LAYERS; layer++) {
            add(table, variant, layer, seen(runs, layer));
          }
        });
    return table;
  }

  /** The last matrices of a layer, of the runs that have any. */
  private static List<Snapshot> seen(List<Outcome> runs, int layer) {
    return runs.stream().flatMap(r -> last(r).stream()).filter(s -> s.layer() == layer).toList();
  }

  private static void add(Table table, Variant variant, int layer, List<Snapshot> seen) {
    if (seen.isEmpty()) {
      return;
    }
    table.row(
        variant.momentum(),
        variant.method(),
        layer,
        mean(seen, Snapshot::diagonal),
        mean(seen, Snapshot::neighbours),
        Table.number(Spread.of(seen, Snapshot::greatestNeighbour).greatest(), 2),
        mean(seen, Snapshot::constant),
        mean(seen, s -> s.eigenvalues()[0])
            + " to "
            + mean(seen, s -> s.eigenvalues()[s.eigenvalues().length - 1]));
  }

  private static String mean(List<Snapshot> seen, ToDoubleFunction<Snapshot> of) {
    return Table.number(Spread.of(seen, of).mean(), 2);
  }

  private String everyMatrix() {
    StringBuilder text = new StringBuilder();
    outcomes.forEach(
        (variant, runs) ->
            IntStream.rangeClosed(1, Network.LAYERS)
                .forEach(layer -> text.append(matrices(variant, runs, layer))));
    return text.toString();
  }

  /** P of a layer in the first run, as it was last seen. */
  private static String matrices(Variant variant, List<Outcome> runs, int layer) {
    StringBuilder text = new StringBuilder();
    for (Snapshot seen : seen(runs.subList(0, 1), layer)) {
      text.append(
          "%s, seed %d: P of conv%d after %d steps%n"
              .formatted(variant, runs.getFirst().seed(), layer, seen.step()));
      for (double[] row : seen.p()) {
        Arrays.stream(row).forEach(v -> text.append(String.format(Locale.ROOT, "%6.2f", v)));
        text.append('\n');
      }
      text.append('\n');
    }
    return text.toString();
  }

  private List<List<Object>> curves() {
    List<List<Object>> rows = new ArrayList<>();
    outcomes.forEach(
        (variant, runs) -> {
          for (Outcome run : runs) {
            for (EpochResult epoch : run.curve()) {
              rows.add(join(run(variant, run), Curve.row(epoch)));
            }
          }
        });
    return rows;
  }

  private static List<Object> run(Variant variant, Outcome run) {
    return List.of(variant.momentum(), variant.method(), run.seed());
  }

  /** Every matrix that was seen, by row, with its eigenvalues. */
  private List<List<Object>> snapshots() {
    List<List<Object>> rows = new ArrayList<>();
    outcomes.forEach(
        (variant, runs) -> {
          for (Outcome run : runs) {
            for (double[] sample : run.samples()) {
              Snapshot seen = Snapshot.of(sample);
              List<Object> row = new ArrayList<>(run(variant, run));
              row.add(seen.step());
              row.add(seen.layer());
              Arrays.stream(seen.eigenvalues()).forEach(row::add);
              Arrays.stream(seen.p()).flatMapToDouble(Arrays::stream).forEach(row::add);
              rows.add(row);
            }
          }
        });
    return rows;
  }

  private static List<String> matrixHeader() {
    Stream<String> eigenvalues = IntStream.rangeClosed(1, 9).mapToObj(i -> "eigenvalue_" + i);
    Stream<String> entries =
        IntStream.range(0, 81).mapToObj(i -> "p_" + (i / 9 + 1) + "_" + (i % 9 + 1));
    return join(join(RUN, List.of("step", "layer")), Stream.concat(eigenvalues, entries).toList());
  }

  private static <T> List<T> join(List<? extends T> first, List<? extends T> second) {
    List<T> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }
}
