package org.hypergrad.examples.experiment;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.chart.Plot;
import org.hypergrad.nn.train.EpochResult;

/** The epochs of runs, as CSV and as a picture of training loss and test accuracy. */
public final class Curves {
  private final List<String> header;
  private final List<Runs> kinds;

  /**
   * Of runs in the order in which they shall appear.
   *
   * @param header names of their cells
   */
  public Curves(List<String> header, List<Runs> kinds) {
    this.header = header;
    this.kinds = kinds;
  }

  /** Writes {@code curves.csv}: a row for each epoch of each run. */
  public void csv(Results results) throws IOException {
    List<List<Object>> rows = new ArrayList<>();
    for (Runs kind : kinds) {
      for (Outcome run : kind.outcomes()) {
        for (EpochResult epoch : run.curve()) {
          List<Object> row = new ArrayList<>(kind.cells());
          row.add(run.seed());
          row.addAll(Curve.row(epoch));
          rows.add(row);
        }
      }
    }
    results.csv(
        "curves.csv",
        Stream.of(header, List.of("seed"), Curve.columns(epochs())).flatMap(List::stream).toList(),
        rows);
  }

  private Stream<EpochResult> epochs() {
    return kinds.stream().flatMap(k -> k.outcomes().stream()).flatMap(o -> o.curve().stream());
  }

  /** Draws {@code curves.png}. */
  public void picture(Results results) throws IOException {
    results.picture(
        "curves.png",
        2,
        List.of(
            plot("Training loss", "cross-entropy", EpochResult::trainLoss),
            plot("Test accuracy", "%", e -> 100 * e.validation().get("accuracy"))));
  }

  private Plot plot(String title, String unit, ToDoubleFunction<EpochResult> value) {
    return new Plot.Curves(
        title,
        "epoch",
        unit,
        kinds.stream().map(k -> curve(k, value)).filter(c -> c.x().length > 0).toList());
  }

  /**
   * The mean over the seeds that came to their end; if none did, over those that came so far, each
   * up to the last epoch that all have.
   */
  private static Plot.Curve curve(Runs kind, ToDoubleFunction<EpochResult> value) {
    boolean none = kind.ended().isEmpty();
    List<Outcome> runs =
        none ? kind.outcomes().stream().filter(r -> !r.curve().isEmpty()).toList() : kind.ended();
    int epochs = runs.stream().mapToInt(r -> r.curve().size()).min().orElse(0);
    double[] x = new double[epochs];
    double[] y = new double[epochs];
    for (int i = 0; i < epochs; i++) {
      int epoch = i;
      x[i] = runs.getFirst().curve().get(i).epoch();
      y[i] = Spread.of(runs, r -> value.applyAsDouble(r.curve().get(epoch))).mean();
    }
    return new Plot.Curve(kind.title() + (none ? ", diverged" : ""), x, y);
  }
}
