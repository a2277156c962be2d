package org.hypergrad.examples.whitening;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.chart.Plot;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Spread;

/** The parts of Figure 5, for each rule with FOP; matrices are those of the first seed. */
final class Pictures {
  /** Matrices shown over training. */
  private static final int TIMES = 4;

  private final Map<Variant, List<Outcome>> outcomes = new LinkedHashMap<>();

  /** Of the runs that saw matrices. */
  Pictures(Map<Variant, List<Outcome>> all) {
    all.forEach(
        (variant, runs) -> {
          List<Outcome> seen = runs.stream().filter(r -> !r.samples().isEmpty()).toList();
          if (!seen.isEmpty()) {
            outcomes.put(variant, seen);
          }
        });
  }

  /** Draws them, if there is anything to draw. */
  void write(Results results) throws IOException {
    if (outcomes.isEmpty()) {
      return;
    }
    results.picture("matrices.png", Network.LAYERS, matrices());
    results.picture("training.png", TIMES, training());
    int methods = (int) outcomes.keySet().stream().map(Variant::method).distinct().count();
    results.picture("spectra.png", methods, spectra());
    results.picture("histograms.png", methods, histograms());
  }

  /** P of every layer, as it was last seen: a row for each rule. */
  private List<Plot> matrices() {
    List<Plot> plots = new ArrayList<>();
    outcomes.forEach(
        (variant, runs) ->
            Report.last(runs.getFirst()).forEach(seen -> plots.add(matrix(variant, seen))));
    return plots;
  }

  /** Its colours tell the entries beside the diagonal apart; the diagonal is beyond their scale. */
  private static Plot matrix(Variant variant, Snapshot seen) {
    String title = "%s: conv%d, step %d".formatted(variant, seen.layer(), seen.step());
    return new Plot.Matrix(title, seen.p(), seen.greatestBesideDiagonal());
  }

  /** P of the last layer at some times, of which the last is the end: a row for each rule. */
  private List<Plot> training() {
    List<Plot> plots = new ArrayList<>();
    outcomes.forEach(
        (variant, runs) -> {
          List<Snapshot> all = ofLastLayer(runs.getFirst());
          IntStream.rangeClosed(1, TIMES)
              .map(i -> Math.ceilDiv(i * all.size(), TIMES) - 1)
              .forEach(i -> plots.add(matrix(variant, all.get(i))));
        });
    return plots;
  }

  private static List<Snapshot> ofLastLayer(Outcome run) {
    return run.samples().stream()
        .map(Snapshot::of)
        .filter(s -> s.layer() == Network.LAYERS)
        .toList();
  }

  /** Sorted eigenvalues of every layer's last P, the mean over seeds. */
  private List<Plot> spectra() {
    List<Plot> plots = new ArrayList<>();
    outcomes.forEach(
        (variant, runs) -> {
          List<List<Snapshot>> last = runs.stream().map(Report::last).toList();
          List<Plot.Curve> curves =
              IntStream.range(0, Network.LAYERS).mapToObj(layer -> spectrum(last, layer)).toList();
          plots.add(new Plot.Curves(variant + ": spectra", "eigenvalue, by size", "", curves));
        });
    return plots;
  }

  private static Plot.Curve spectrum(List<List<Snapshot>> last, int layer) {
    int count = last.getFirst().get(layer).eigenvalues().length;
    double[] x = IntStream.rangeClosed(1, count).asDoubleStream().toArray();
    double[] y =
        IntStream.range(0, count)
            .mapToDouble(i -> Spread.of(last, s -> s.get(layer).eigenvalues()[i]).mean())
            .toArray();
    return new Plot.Curve("conv" + (layer + 1), x, y);
  }

  /** How far the entries of the last layer's P, in all seeds, are from those of I over training. */
  private List<Plot> histograms() {
    List<Plot> plots = new ArrayList<>();
    outcomes.forEach(
        (variant, runs) -> {
          Map<Long, List<Snapshot>> byStep = new LinkedHashMap<>();
          for (Outcome run : runs) {
            for (Snapshot seen : ofLastLayer(run)) {
              byStep.computeIfAbsent(seen.step(), s -> new ArrayList<>()).add(seen);
            }
          }
          List<Plot.Sample> samples = new ArrayList<>();
          byStep.forEach(
              (step, seen) ->
                  samples.add(
                      new Plot.Sample(
                          "step " + step,
                          seen.stream()
                              .flatMapToDouble(s -> Arrays.stream(s.change()))
                              .toArray())));
          plots.add(
              new Plot.Histograms(
                  variant + ": conv" + Network.LAYERS, "entries of P - I", samples));
        });
    return plots;
  }
}
