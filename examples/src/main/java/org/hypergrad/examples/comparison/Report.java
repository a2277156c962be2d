package org.hypergrad.examples.comparison;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.Table;
import org.hypergrad.examples.experiment.Baseline;
import org.hypergrad.examples.experiment.Curves;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Runs;
import org.hypergrad.examples.experiment.Spread;
import org.hypergrad.examples.learned.Matrices;
import org.hypergrad.examples.learned.Pictures;
import org.hypergrad.fop.Extra;

/** What a comparison found: the paper's table, its Figures 2 and 5, CSV. */
public final class Report {
  private static final String TOP = "top5";

  private final Map<Contender, Runs> found;
  private final long testImages;

  /**
   * Of all runs, also those that diverged, in the order in which they shall appear.
   *
   * @param testImages that the accuracies were measured on
   */
  public Report(Map<Contender, Runs> found, long testImages) {
    this.found = found;
    this.testImages = testImages;
  }

  /** Prints the tables and what they mean, and writes all. */
  public void write(Results results, PrintWriter text) throws IOException {
    List<Runs> all = List.copyOf(found.values());
    String table = table() + reasons();
    text.println();
    text.println(table);
    text.println(explanation());
    results.text("table.md", table);
    Curves curves = new Curves(Contender.HEADER, all);
    curves.csv(results);
    curves.picture(results);
    if (all.stream().flatMap(r -> r.outcomes().stream()).anyMatch(o -> !o.samples().isEmpty())) {
      learned(all, found.keySet().iterator().next().settings().layers(), results, text);
    }
  }

  private static void learned(
      List<Runs> all, List<String> layerNames, Results results, PrintWriter text)
      throws IOException {
    Matrices matrices = new Matrices(Contender.HEADER, all, layerNames);
    String layers = matrices.table().toString();
    text.println();
    text.println(layers);
    text.println(Matrices.explanation());
    text.println();
    results.text("layers.md", layers);
    matrices.write(results);
    Pictures pictures = new Pictures(all, layerNames);
    pictures.write(results, 2);
    pictures.everyLayer(results);
  }

  Table table() {
    Table table =
        new Table(
            "method",
            "rate",
            "test accuracy, %",
            "test loss",
            "train loss",
            "p",
            "additional parameters",
            "held in all",
            "ms / step",
            "additional time, %",
            "top-5 accuracy, %");
    found.forEach((contender, runs) -> add(table, contender, runs));
    return table;
  }

  private void add(Table table, Contender contender, Runs runs) {
    List<Outcome> ended = runs.ended();
    String rate = Table.plain(contender.settings().rate());
    if (ended.isEmpty()) {
      table.row(contender.method(), rate, runs.diverged(), "", "", "", "", "", "", "", "");
      return;
    }
    boolean base = contender.method() == Method.MOMENTUM;
    Spread accuracy = Spread.of(ended, Outcome::accuracy);
    Extra extra = ended.getFirst().extra();
    double seconds = Spread.of(ended, Outcome::secondsPerStep).mean();
    table.row(
        contender.method(),
        rate,
        accuracy.text(100, 2) + (runs.diverged().isEmpty() ? "" : ", " + runs.diverged()),
        Table.number(Spread.of(ended, r -> r.last().validation().loss()).mean(), 4),
        Table.number(Spread.of(ended, r -> r.last().trainLoss()).mean(), 4),
        base ? "" : momentum().p(accuracy),
        extra.learned() == 0 ? "" : extra.learned() + " (" + extra.paper() + ")",
        extra.held() == 0 ? "" : extra.held(),
        Table.number(1000 * seconds, 1),
        base ? "" : momentum().extraTime(ended),
        top(ended));
  }

  /** The share of images whose class is among the five likeliest, where that was measured. */
  private static String top(List<Outcome> ended) {
    boolean measured =
        ended.stream().allMatch(r -> r.last().validation().metrics().containsKey(TOP));
    return measured ? Spread.of(ended, r -> r.last().validation().get(TOP)).text(100, 2) : "";
  }

  private Baseline momentum() {
    return new Baseline(
        found.entrySet().stream()
            .filter(e -> e.getKey().method() == Method.MOMENTUM)
            .flatMap(e -> e.getValue().ended().stream())
            .toList());
  }

  /** Why runs diverged, a line for each. */
  private String reasons() {
    StringBuilder text = new StringBuilder();
    found.forEach(
        (contender, runs) -> {
          for (Outcome run : runs.outcomes()) {
            run.stopped()
                .ifPresent(
                    why ->
                        text.append(
                            "%n%s, seed %d, diverged: %s%n"
                                .formatted(contender.method(), run.seed(), why)));
          }
        });
    return text.toString();
  }

  private String explanation() {
    List<Outcome> ended = found.values().stream().flatMap(r -> r.ended().stream()).toList();
    int seeds = found.values().stream().mapToInt(r -> r.outcomes().size()).max().orElse(0);
    double share = Spread.of(ended, Outcome::accuracy).mean();
    String noise =
        ended.isEmpty()
            ? ""
            : String.format(
                Locale.ROOT,
                "; by the number of %d test images alone an accuracy is uncertain by about %.1f %%",
                testImages,
                100 * Spread.uncertainty(share, testImages));
    return ("Mean%s of %d seed%s%s. Additional parameters: numbers in all M (or s, p), in brackets"
            + " as the paper counts them, k^2 per k x k kernel; held in all: with the cached"
            + " gradients and what Adam on M keeps. Times are of a typical step; the additional"
            + " time is momentum's.%s")
        .formatted(
            seeds > 1 ? " and standard deviation" : "",
            seeds,
            seeds > 1 ? "s" : "",
            noise,
            seeds > 1
                ? " p: Welch's t-test of the accuracies against momentum's, two-sided, not"
                    + " corrected for the number of tests."
                : "");
  }
}
