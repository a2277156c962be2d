package org.hypergrad.examples.mnist;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.hypergrad.examples.chart.Charts;
import org.hypergrad.examples.chart.Plot;
import org.hypergrad.nn.train.EpochResult;

/** What a comparison found: a table for people, a CSV file, a picture of the curves. */
final class Report {
  private final Map<Method, List<Outcome>> outcomes = new LinkedHashMap<>();
  private final long testImages;

  /**
   * Of outcomes in the order in which they shall appear.
   *
   * @param testImages that the accuracies were measured on
   */
  Report(List<Outcome> all, long testImages) {
    all.forEach(o -> outcomes.computeIfAbsent(o.method(), m -> new ArrayList<>()).add(o));
    this.testImages = testImages;
  }

  private static double[] values(List<Outcome> runs, ToDoubleFunction<Outcome> of) {
    return runs.stream().mapToDouble(of).toArray();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  /** Of a sample; NaN for one value. */
  private static double deviation(double[] values) {
    double mean = mean(values);
    double sum = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return Math.sqrt(sum / (values.length - 1));
  }

  void print(PrintWriter out) {
    out.printf(
        "%-14s %6s  %-16s %9s %10s %9s %10s%n",
        "method", "rate", "test accuracy %", "test loss", "s / epoch", "extra M", "extra time");
    double plain =
        outcomes.containsKey(Method.MOMENTUM)
            ? mean(values(outcomes.get(Method.MOMENTUM), Outcome::secondsPerEpoch))
            : Double.NaN;
    outcomes.forEach((method, runs) -> out.println(line(method, runs, plain)));
    out.println();
    explain(out);
  }

  private static String line(Method method, List<Outcome> runs, double plain) {
    double[] accuracies = values(runs, Outcome::accuracy);
    double seconds = mean(values(runs, Outcome::secondsPerEpoch));
    String spread =
        runs.size() < 2 ? "" : String.format(Locale.ROOT, " +- %.2f", 100 * deviation(accuracies));
    boolean same = method == Method.MOMENTUM || method == Method.MOMENTUM_BEST;
    String extraTime =
        Double.isNaN(plain) || same
            ? ""
            : String.format(Locale.ROOT, "%+.0f %%", 100 * (seconds / plain - 1));
    return String.format(
        Locale.ROOT,
        "%-14s %6s  %-16s %9.4f %10.2f %9d %10s",
        method,
        plainNumber(runs.getFirst().rate()),
        String.format(Locale.ROOT, "%.2f%s", 100 * mean(accuracies), spread),
        mean(values(runs, o -> o.last().validation().loss())),
        seconds,
        runs.getFirst().extra(),
        extraTime);
  }

  private static String plainNumber(double value) {
    boolean common = value >= 1e-5 && value < 1e6;
    return common
        ? new BigDecimal(String.valueOf(value)).stripTrailingZeros().toPlainString()
        : String.valueOf(value);
  }

  private void explain(PrintWriter out) {
    int seeds = outcomes.values().iterator().next().size();
    double share = mean(values(outcomes.values().iterator().next(), Outcome::accuracy));
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
    if (outcomes.containsKey(Method.FOP_FROZEN) || outcomes.containsKey(Method.MOMENTUM_BEST)) {
      out.println(
          "The controls: fop-frozen has the random first M and never learns it, momentum-best has"
              + " no M but a rate of its own choice; what they reach too is the effect of longer"
              + " steps, not of a learned M.");
    }
  }

  /** Writes a row for each epoch of each run. */
  void csv(Path file) throws IOException {
    List<String> header =
        Stream.concat(Stream.of("method", "seed", "rate"), Curve.COLUMNS.stream()).toList();
    try (Writer writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
        CSVPrinter csv =
            new CSVPrinter(
                writer,
                CSVFormat.DEFAULT.builder().setHeader(header.toArray(String[]::new)).get())) {
      for (List<Outcome> runs : outcomes.values()) {
        for (Outcome run : runs) {
          for (EpochResult epoch : run.curve()) {
            csv.printRecord(
                Stream.concat(
                        Stream.of(run.method(), run.seed(), run.rate()), Curve.row(epoch).stream())
                    .toList());
          }
        }
      }
    }
  }

  /** Draws train loss and test accuracy by epoch, the mean over seeds. */
  void curves(Path file) throws IOException {
    List<Plot.Curve> losses = new ArrayList<>();
    List<Plot.Curve> accuracies = new ArrayList<>();
    outcomes.forEach(
        (method, runs) -> {
          losses.add(curve(method, runs, EpochResult::trainLoss));
          accuracies.add(curve(method, runs, e -> 100 * e.validation().get("accuracy")));
        });
    Charts.draw(
        file,
        2,
        List.of(
            new Plot.Curves("Training loss", "epoch", "cross-entropy", losses),
            new Plot.Curves("Test accuracy", "epoch", "%", accuracies)));
  }

  private static Plot.Curve curve(
      Method method, List<Outcome> runs, ToDoubleFunction<EpochResult> value) {
    int epochs = runs.stream().mapToInt(r -> r.curve().size()).min().orElseThrow();
    double[] x = new double[epochs];
    double[] y = new double[epochs];
    for (int i = 0; i < epochs; i++) {
      int epoch = i;
      x[i] = runs.getFirst().curve().get(i).epoch();
      y[i] =
          runs.stream()
              .mapToDouble(r -> value.applyAsDouble(r.curve().get(epoch)))
              .average()
              .orElseThrow();
    }
    return new Plot.Curve(method + ", rate " + plainNumber(runs.getFirst().rate()), x, y);
  }
}
