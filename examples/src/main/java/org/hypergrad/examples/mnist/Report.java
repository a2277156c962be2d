package org.hypergrad.examples.mnist;

import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.Table;
import org.hypergrad.examples.chart.Plot;
import org.hypergrad.examples.experiment.Curve;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Spread;
import org.hypergrad.nn.train.EpochResult;

/** What a comparison found: a table for people, a CSV file, a picture of the curves. */
final class Report {
  private static final int EARLY = 2;

  private final Map<Contender, List<Outcome>> outcomes;
  private final long testImages;

  /**
   * Of outcomes in the order in which they shall appear.
   *
   * @param testImages that the accuracies were measured on
   */
  Report(Map<Contender, List<Outcome>> outcomes, long testImages) {
    this.outcomes = outcomes;
    this.testImages = testImages;
  }

  /** Prints the table and what it means, and writes all. */
  void write(Results results, PrintWriter text) throws IOException {
    Table table = table();
    text.println();
    text.println(table);
    explain(text);
    results.text("table.md", table.toString());
    results.csv("curves.csv", header(), rows());
    results.picture("curves.png", 2, plots());
  }

  private Table table() {
    Table table =
        new Table(
            "method",
            "rate",
            "test accuracy, %",
            "after 2 epochs, %",
            "test loss",
            "train loss",
            "p",
            "numbers in M",
            "s / epoch",
            "extra time, %");
    outcomes.forEach((contender, runs) -> add(table, contender, runs));
    return table;
  }

  private void add(Table table, Contender contender, List<Outcome> runs) {
    Spread accuracy = Spread.of(runs, Outcome::accuracy);
    double seconds = Spread.of(runs, Outcome::secondsPerEpoch).mean();
    boolean early = runs.stream().allMatch(r -> r.curve().size() > EARLY);
    table.row(
        contender.name(),
        plainNumber(contender.settings().rate()),
        accuracy.text(100, 2),
        early ? Table.number(100 * Spread.of(runs, Report::early).mean(), 2) : "",
        Table.number(Spread.of(runs, r -> r.last().validation().loss()).mean(), 4),
        Table.number(Spread.of(runs, r -> r.last().trainLoss()).mean(), 4),
        against(contender, accuracy),
        runs.getFirst().extra() == 0 ? "" : runs.getFirst().extra(),
        Table.number(seconds, 2),
        extraTime(contender, seconds));
  }

  private static double early(Outcome run) {
    return run.curve().get(EARLY - 1).validation().get("accuracy");
  }

  /** The runs of momentum at the rate of all; none if it was not run. */
  private List<Outcome> momentum() {
    return outcomes.entrySet().stream()
        .filter(e -> e.getKey().method() == Method.MOMENTUM)
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(List.of());
  }

  private String against(Contender contender, Spread accuracy) {
    double p = accuracy.welch(Spread.of(momentum(), Outcome::accuracy));
    boolean itself = contender.method() == Method.MOMENTUM || Double.isNaN(p);
    return itself ? "" : String.format(Locale.ROOT, p < 0.001 ? "%.0e" : "%.3f", p);
  }

  private String extraTime(Contender contender, double seconds) {
    boolean same =
        contender.method() == Method.MOMENTUM || contender.method() == Method.MOMENTUM_BEST;
    double plain = Spread.of(momentum(), Outcome::secondsPerEpoch).mean();
    return same || Double.isNaN(plain)
        ? ""
        : String.format(Locale.ROOT, "%+.0f", 100 * (seconds / plain - 1));
  }

  private static String plainNumber(double value) {
    boolean common = value >= 1e-5 && value < 1e6;
    return common
        ? new BigDecimal(String.valueOf(value)).stripTrailingZeros().toPlainString()
        : String.valueOf(value);
  }

  private boolean has(Method method) {
    return outcomes.keySet().stream().anyMatch(c -> c.method() == method);
  }

  private void explain(PrintWriter out) {
    List<Outcome> first = outcomes.values().iterator().next();
    int seeds = first.size();
    double share = Spread.of(first, Outcome::accuracy).mean();
    // Two standard errors of a share, two hits and two misses added (Agresti and Coull, 1998).
    double moderate = (share * testImages + 2) / (testImages + 4);
    double noise = 200 * Math.sqrt(moderate * (1 - moderate) / (testImages + 4));
    out.printf(
        Locale.ROOT,
        "Mean%s of %d seed%s, on %d test images: by their number alone an accuracy is uncertain by"
            + " about %.1f %%, and differences below that mean nothing.%n",
        seeds > 1 ? " and standard deviation" : "",
        seeds,
        seeds > 1 ? "s" : "",
        testImages,
        noise);
    if (seeds > 1 && has(Method.MOMENTUM)) {
      out.println(
          "p: Welch's t-test of the accuracies against momentum's, two-sided, not corrected for the"
              + " number of tests: how likely so great a difference is if the seeds alone make"
              + " it.");
    }
    if (has(Method.FOP_FROZEN) || has(Method.MOMENTUM_BEST)) {
      out.println(
          "The controls: fop-frozen has the random first M and never learns it, momentum-best has"
              + " no M but a rate of its own choice; what they reach too is the effect of longer"
              + " steps, not of a learned M.");
    }
  }

  private static List<String> header() {
    return Stream.concat(Stream.of("method", "seed", "rate"), Curve.COLUMNS.stream()).toList();
  }

  /** A row for each epoch of each run. */
  private List<List<Object>> rows() {
    List<List<Object>> rows = new ArrayList<>();
    outcomes.forEach(
        (contender, runs) -> {
          for (Outcome run : runs) {
            for (EpochResult epoch : run.curve()) {
              List<Object> row = new ArrayList<>(List.of(contender.name(), run.seed(), run.rate()));
              row.addAll(Curve.row(epoch));
              rows.add(row);
            }
          }
        });
    return rows;
  }

  /** Train loss and test accuracy by epoch, the mean over seeds. */
  private List<Plot> plots() {
    List<Plot.Curve> losses = new ArrayList<>();
    List<Plot.Curve> accuracies = new ArrayList<>();
    outcomes.forEach(
        (contender, runs) -> {
          losses.add(curve(contender, runs, EpochResult::trainLoss));
          accuracies.add(curve(contender, runs, e -> 100 * e.validation().get("accuracy")));
        });
    return List.of(
        new Plot.Curves("Training loss", "epoch", "cross-entropy", losses),
        new Plot.Curves("Test accuracy", "epoch", "%", accuracies));
  }

  private static Plot.Curve curve(
      Contender contender, List<Outcome> runs, ToDoubleFunction<EpochResult> value) {
    int epochs = runs.stream().mapToInt(r -> r.curve().size()).min().orElseThrow();
    double[] x = new double[epochs];
    double[] y = new double[epochs];
    for (int i = 0; i < epochs; i++) {
      int epoch = i;
      x[i] = runs.getFirst().curve().get(i).epoch();
      y[i] = Spread.of(runs, r -> value.applyAsDouble(r.curve().get(epoch))).mean();
    }
    String rate = plainNumber(contender.settings().rate());
    return new Plot.Curve(contender.name() + ", rate " + rate, x, y);
  }
}
