package org.hypergrad.examples.learned;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.chart.Plot;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Runs;
import org.hypergrad.examples.experiment.Spread;

/**
 * The parts of the paper's Figure 5, for each kind of runs in which {@link Snapshots} saw matrices;
 * matrices are those of the first seed.
 */
public final class Pictures {
  /** Matrices shown over training. */
  private static final int TIMES = 4;

  private final List<Kind> kinds;

  /** Runs of one kind by what was seen of the layers whose P is a matrix. */
  private record Kind(String title, List<List<Snapshot>> runs) {
    List<Snapshot> first() {
      return runs.getFirst();
    }

    int lastLayer() {
      return first().getLast().layer();
    }

    /** What was last seen of a run. */
    static List<Snapshot> last(List<Snapshot> run) {
      return run.stream().filter(s -> s.step() == run.getLast().step()).toList();
    }

    static List<Snapshot> of(List<Snapshot> run, int layer) {
      return run.stream().filter(s -> s.layer() == layer).toList();
    }
  }

  private final List<String> layers;

  /**
   * Of runs in the order in which they shall appear; also those that saw nothing.
   *
   * @param layers names of the layers with a P, in the network's order
   */
  public Pictures(List<Runs> kinds, List<String> layers) {
    this.layers = layers;
    this.kinds =
        kinds.stream()
            .map(k -> new Kind(k.title(), seen(k)))
            .filter(k -> !k.runs.isEmpty())
            .toList();
  }

  private static List<List<Snapshot>> seen(Runs kind) {
    return kind.outcomes().stream().map(Pictures::seen).filter(s -> !s.isEmpty()).toList();
  }

  private static List<Snapshot> seen(Outcome run) {
    return run.samples().stream().map(Snapshot::of).filter(Snapshot::isMatrix).toList();
  }

  /**
   * Draws them, if there is anything to draw: {@code matrices.png}, {@code training.png}, {@code
   * spectra.png}, {@code histograms.png}.
   *
   * @param columns in which spectra and histograms stand, at most
   */
  public void write(Results results, int columns) throws IOException {
    if (kinds.isEmpty()) {
      return;
    }
    results.picture("matrices.png", Kind.last(kinds.getFirst().first()).size(), matrices());
    results.picture("training.png", TIMES, training());
    int fitting = Math.min(columns, kinds.size());
    results.picture("spectra.png", fitting, spectra());
    results.picture("histograms.png", fitting, histograms());
  }

  /** P of every layer, as it was last seen: a row for each kind. */
  private List<Plot> matrices() {
    return kinds.stream()
        .flatMap(kind -> Kind.last(kind.first()).stream().map(seen -> matrix(kind, seen)))
        .toList();
  }

  /** Its colours tell the entries beside the diagonal apart; the diagonal is beyond their scale. */
  private Plot matrix(Kind kind, Snapshot seen) {
    String title = "%s: %s, step %d".formatted(kind.title, name(seen.layer()), seen.step());
    return new Plot.Matrix(title, seen.p(), seen.greatestBesideDiagonal());
  }

  private String name(int layer) {
    return layers.get(layer - 1);
  }

  /** P of the last layer at some times, of which the last is the end: a row for each kind. */
  private List<Plot> training() {
    return kinds.stream().flatMap(k -> training(k, k.lastLayer()).stream()).toList();
  }

  private List<Plot> training(Kind kind, int layer) {
    List<Snapshot> all = Kind.of(kind.first(), layer);
    return IntStream.rangeClosed(1, TIMES)
        .map(i -> Math.ceilDiv(i * all.size(), TIMES) - 1)
        .mapToObj(i -> matrix(kind, all.get(i)))
        .toList();
  }

  /** Draws {@code training-<title>.png} for each kind: P of every layer at some times. */
  public void everyLayer(Results results) throws IOException {
    for (Kind kind : kinds) {
      List<Plot> plots =
          Kind.last(kind.first()).stream()
              .flatMap(seen -> training(kind, seen.layer()).stream())
              .toList();
      results.picture("training-" + kind.title + ".png", TIMES, plots);
    }
  }

  /** Sorted eigenvalues of every layer's last P, the mean over seeds. */
  private List<Plot> spectra() {
    List<Plot> plots = new ArrayList<>();
    for (Kind kind : kinds) {
      List<List<Snapshot>> last = kind.runs.stream().map(Kind::last).toList();
      List<Plot.Curve> curves =
          IntStream.range(0, last.getFirst().size()).mapToObj(i -> spectrum(last, i)).toList();
      plots.add(new Plot.Curves(kind.title + ": spectra", "eigenvalue, by size", "", curves));
    }
    return plots;
  }

  private Plot.Curve spectrum(List<List<Snapshot>> last, int i) {
    Snapshot first = last.getFirst().get(i);
    int count = first.eigenvalues().length;
    double[] x = IntStream.rangeClosed(1, count).asDoubleStream().toArray();
    double[] y =
        IntStream.range(0, count)
            .mapToDouble(e -> Spread.of(last, s -> s.get(i).eigenvalues()[e]).mean())
            .toArray();
    return new Plot.Curve(name(first.layer()), x, y);
  }

  /** How far the entries of the last layer's P, in all seeds, are from those of I over training. */
  private List<Plot> histograms() {
    List<Plot> plots = new ArrayList<>();
    for (Kind kind : kinds) {
      Map<Long, List<Snapshot>> byStep = new TreeMap<>();
      for (List<Snapshot> run : kind.runs) {
        for (Snapshot seen : Kind.of(run, kind.lastLayer())) {
          byStep.computeIfAbsent(seen.step(), s -> new ArrayList<>()).add(seen);
        }
      }
      List<Plot.Sample> samples = new ArrayList<>();
      byStep.forEach(
          (step, seen) ->
              samples.add(
                  new Plot.Sample(
                      "step " + step,
                      seen.stream().flatMapToDouble(s -> Arrays.stream(s.change())).toArray())));
      String title = kind.title + ": " + name(kind.lastLayer());
      plots.add(new Plot.Histograms(title, "entries of P - I", samples));
    }
    return plots;
  }
}
