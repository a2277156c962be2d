package org.hypergrad.examples.learned;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.Table;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Runs;
import org.hypergrad.examples.experiment.Spread;

/** What {@link Snapshots} saw in runs: a table, matrices as text, CSV. */
public final class Matrices {
  private final List<String> header;
  private final List<Runs> kinds;
  private final List<String> layers;

  /**
   * Of runs in the order in which they shall appear; also those that saw nothing.
   *
   * @param header names of their cells
   * @param layers names of the layers with a P, in the network's order
   */
  public Matrices(List<String> header, List<Runs> kinds, List<String> layers) {
    this.header = header;
    this.kinds = kinds;
    this.layers = layers;
  }

  /** P of each layer as it was last seen: means over seeds. */
  public Table table() {
    Table table =
        new Table(
            Stream.concat(
                    header.stream(),
                    Stream.of(
                        "layer",
                        "diagonal",
                        "4-neighbours",
                        "greatest",
                        "P on constant",
                        "eigenvalues"))
                .toArray(String[]::new));
    for (Runs kind : kinds) {
      for (int layer = 1; layer <= layers.size(); layer++) {
        add(table, kind, layer);
      }
    }
    return table;
  }

  /** What the columns of the table are, as sentences. */
  public static String explanation() {
    return "P of each layer, means over seeds, of what was last seen of each run: its diagonal,"
        + " neighbours (positions side by side or one above the other: mean, and the greatest of"
        + " all), P on the constant direction, and least and greatest eigenvalue.";
  }

  private void add(Table table, Runs kind, int layer) {
    List<Snapshot> seen = last(kind.outcomes(), layer);
    if (seen.isEmpty()) {
      return;
    }
    boolean matrix = seen.getFirst().isMatrix();
    List<Object> row = new ArrayList<>(kind.cells());
    row.add(layers.get(layer - 1));
    row.add(mean(seen, Snapshot::diagonal));
    row.add(matrix ? mean(seen, Snapshot::neighbours) : "");
    row.add(matrix ? Table.number(Spread.of(seen, Snapshot::greatestNeighbour).greatest(), 3) : "");
    row.add(matrix ? mean(seen, Snapshot::constant) : "");
    row.add(matrix ? mean(seen, Snapshot::least) + " to " + mean(seen, Snapshot::greatest) : "");
    table.row(row.toArray());
  }

  private static String mean(List<Snapshot> seen, ToDoubleFunction<Snapshot> of) {
    return Table.number(Spread.of(seen, of).mean(), 3);
  }

  /** The last matrices of a layer, of the runs that have any. */
  private static List<Snapshot> last(List<Outcome> runs, int layer) {
    return runs.stream()
        .flatMap(r -> Snapshot.last(r).stream())
        .filter(s -> s.layer() == layer)
        .toList();
  }

  /** The last layer's matrices in the first run of each kind, as they were last seen. */
  public String ofLastLayer() {
    int last =
        IntStream.rangeClosed(1, layers.size())
            .filter(layer -> kinds.stream().anyMatch(k -> has(k, layer)))
            .max()
            .orElse(0);
    return kinds.stream().map(k -> text(k, last)).collect(Collectors.joining());
  }

  private static boolean has(Runs kind, int layer) {
    return last(kind.outcomes(), layer).stream().anyMatch(Snapshot::isMatrix);
  }

  private String text(Runs kind, int layer) {
    StringBuilder text = new StringBuilder();
    Outcome first = kind.outcomes().getFirst();
    for (Snapshot seen : last(List.of(first), layer)) {
      text.append(
          "%s, seed %d: P of %s after %d steps%n"
              .formatted(kind.title(), first.seed(), layers.get(layer - 1), seen.step()));
      for (double[] row : seen.p()) {
        Arrays.stream(row).forEach(v -> text.append(String.format(Locale.ROOT, "%6.2f", v)));
        text.append('\n');
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** Writes {@code matrices.txt} and all that was seen as {@code matrices.csv}. */
  public void write(Results results) throws IOException {
    StringBuilder all = new StringBuilder();
    for (Runs kind : kinds) {
      IntStream.rangeClosed(1, layers.size()).forEach(layer -> all.append(text(kind, layer)));
    }
    results.text("matrices.txt", all.toString());
    results.csv(
        "matrices.csv",
        Stream.concat(
                header.stream(),
                Stream.of(
                    "seed", "step", "layer", "angle", "gain", "cosine", "eigenvalues", "p_by_row"))
            .toList(),
        rows());
  }

  private List<List<Object>> rows() {
    List<List<Object>> rows = new ArrayList<>();
    for (Runs kind : kinds) {
      for (Outcome run : kind.outcomes()) {
        for (double[] sample : run.samples()) {
          Snapshot seen = Snapshot.of(sample);
          List<Object> row = new ArrayList<>(kind.cells());
          row.addAll(List.of(run.seed(), seen.step(), layers.get(seen.layer() - 1)));
          row.addAll(List.of(cell(seen.angle()), cell(seen.gain()), cell(seen.cosine())));
          row.add(spaced(Arrays.stream(seen.eigenvalues()).boxed()));
          row.add(spaced(Arrays.stream(seen.p()).flatMap(r -> Arrays.stream(r).boxed())));
          rows.add(row);
        }
      }
    }
    return rows;
  }

  private static String cell(double value) {
    return Double.isNaN(value) ? "" : String.valueOf(value);
  }

  private static String spaced(Stream<Double> values) {
    return values.map(String::valueOf).collect(Collectors.joining(" "));
  }
}
