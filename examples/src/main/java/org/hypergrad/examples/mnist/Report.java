package org.hypergrad.examples.mnist;

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
    Curves curves = new Curves(List.of("method", "rate"), runs());
    curves.csv(results);
    curves.picture(results);
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
    boolean plain =
        contender.method() == Method.MOMENTUM || contender.method() == Method.MOMENTUM_BEST;
    long learned = runs.getFirst().extra().learned();
    boolean early = runs.stream().allMatch(r -> r.curve().size() > EARLY);
    table.row(
        contender.name(),
        Table.plain(contender.settings().rate()),
        accuracy.text(100, 2),
        early ? Table.number(100 * Spread.of(runs, Report::early).mean(), 2) : "",
        Table.number(Spread.of(runs, r -> r.last().validation().loss()).mean(), 4),
        Table.number(Spread.of(runs, r -> r.last().trainLoss()).mean(), 4),
        contender.method() == Method.MOMENTUM ? "" : momentum().p(accuracy),
        learned == 0 ? "" : learned,
        Table.number(seconds, 2),
        plain ? "" : momentum().extraTime(runs));
  }

  private static double early(Outcome run) {
    return run.curve().get(EARLY - 1).validation().get("accuracy");
  }

  /** Momentum at the rate of all, if it was run. */
  private Baseline momentum() {
    return new Baseline(
        outcomes.entrySet().stream()
            .filter(e -> e.getKey().method() == Method.MOMENTUM)
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse(List.of()));
  }

  private boolean has(Method method) {
    return outcomes.keySet().stream().anyMatch(c -> c.method() == method);
  }

  private void explain(PrintWriter out) {
    List<Outcome> first = outcomes.values().iterator().next();
    int seeds = first.size();
    double share = Spread.of(first, Outcome::accuracy).mean();
    double noise = 100 * Spread.uncertainty(share, testImages);
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

  private List<Runs> runs() {
    return outcomes.entrySet().stream().map(e -> runs(e.getKey(), e.getValue())).toList();
  }

  private static Runs runs(Contender contender, List<Outcome> outcomes) {
    double rate = contender.settings().rate();
    return new Runs(
        contender.name() + ", rate " + Table.plain(rate),
        List.of(contender.name(), rate),
        outcomes);
  }
}
