package org.hypergrad.examples.mnist;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.hypergrad.engine.Gradients;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.Table;
import org.hypergrad.examples.chart.Plot;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Probe;
import org.hypergrad.examples.experiment.Spread;
import org.hypergrad.fop.Fop;
import org.hypergrad.fop.FopDiagnostics;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;

/**
 * Figure A.1: the angle between each layer's gradient G and P G over training. A row of the probe
 * is the step, and for each layer angle and gain |P G| / |G|.
 */
final class Angles {
  /** Inputs of the network's layers: the rows of their M. */
  private static final int[] INPUTS = {784, 100, 100, 100};

  private static final List<String> HEADER =
      List.of("method", "seed", "step", "layer", "angle", "gain");

  private final Map<Contender, List<Outcome>> outcomes;

  /** Of outcomes that {@link #probe} has looked at. */
  Angles(Map<Contender, List<Outcome>> outcomes) {
    this.outcomes = outcomes;
  }

  /** Looks at the first step and at every {@code every}th. */
  static Probe probe(Rule rule, long every) {
    return rule instanceof Fop fop ? (o, g) -> before(fop, every, o, g) : Probe.NONE;
  }

  private static List<double[]> before(
      Fop fop, long every, Optimizer optimizer, Gradients gradients) {
    long step = optimizer.steps() + 1;
    if (step != 1 && step % every != 0) {
      return List.of();
    }
    List<FopDiagnostics.Row> rows = FopDiagnostics.of(fop, optimizer).spectra(0).rows(gradients);
    double[] seen = new double[1 + 2 * rows.size()];
    seen[0] = step;
    for (int i = 0; i < rows.size(); i++) {
      seen[1 + 2 * i] = rows.get(i).angle();
      seen[2 + 2 * i] = rows.get(i).gain();
    }
    return List.of(seen);
  }

  /**
   * The angle, in degrees, between a gradient and its product with I + M M^T for a random M of many
   * rows and as many columns: cos = (1 + a) / sqrt(1 + 2a + 2a^2) with a = m sigma^2, by the
   * moments of M M^T (Marchenko and Pastur, 1967); it nears 45 from below.
   */
  static double ofRandom(long m, double deviation) {
    double a = m * deviation * deviation;
    return Math.toDegrees(Math.acos((1 + a) / Math.sqrt(1 + 2 * a + 2 * a * a)));
  }

  /** Prints the table and writes all. */
  void write(Results results, PrintWriter text) throws IOException {
    Table table =
        new Table(
            "method",
            "layer",
            "inputs",
            "angle at first",
            "mean over training",
            "range",
            "mean gain",
            "a random M by theory");
    outcomes.forEach((contender, runs) -> add(table, contender, runs));
    text.println();
    text.println(table);
    text.println(
        "Angles in degrees between G and P G, over all seeds; gain is |P G| / |G|, the factor by"
            + " which the layer's steps are longer. fop-frozen has the random first M and never"
            + " learns it.");
    results.text("angles.md", table.toString());
    results.csv("angles.csv", HEADER, rows());
    results.picture(
        "angles.png",
        outcomes.size(),
        outcomes.entrySet().stream().map(e -> plot(e.getKey(), e.getValue())).toList());
  }

  private static void add(Table table, Contender contender, List<Outcome> runs) {
    for (int layer = 0; layer < INPUTS.length; layer++) {
      int at = layer;
      Spread first = Spread.of(runs, r -> r.samples().getFirst()[1 + 2 * at]);
      List<double[]> all = runs.stream().flatMap(r -> r.samples().stream()).toList();
      Spread angles = Spread.of(all, s -> s[1 + 2 * at]);
      Settings settings = contender.settings();
      table.row(
          contender.name(),
          layer + 1,
          INPUTS[layer],
          Table.number(first.mean(), 1),
          Table.number(angles.mean(), 1),
          Table.number(angles.least(), 1) + " to " + Table.number(angles.greatest(), 1),
          Table.number(Spread.of(all, s -> s[2 + 2 * at]).mean(), 1),
          settings.rank() == 0
              ? Table.number(ofRandom(INPUTS[layer], settings.deviation()), 1)
              : "");
    }
  }

  private List<List<Object>> rows() {
    List<List<Object>> rows = new ArrayList<>();
    outcomes.forEach(
        (contender, runs) -> {
          for (Outcome run : runs) {
            for (double[] seen : run.samples()) {
              for (int i = 0; i < INPUTS.length; i++) {
                rows.add(
                    List.of(
                        contender.name(),
                        run.seed(),
                        (long) seen[0],
                        i + 1,
                        seen[1 + 2 * i],
                        seen[2 + 2 * i]));
              }
            }
          }
        });
    return rows;
  }

  private static Plot plot(Contender contender, List<Outcome> runs) {
    List<Plot.Curve> curves =
        IntStream.range(0, INPUTS.length).mapToObj(i -> curve(i, runs)).toList();
    return new Plot.Curves(
        contender.name() + ": mean and range of " + runs.size() + " runs",
        "step",
        "angle between G and P G, degrees",
        curves);
  }

  private static Plot.Curve curve(int layer, List<Outcome> runs) {
    int count = runs.stream().mapToInt(r -> r.samples().size()).min().orElse(0);
    double[] x = new double[count];
    double[][] y = new double[3][count];
    for (int i = 0; i < count; i++) {
      int at = i;
      Spread angles = Spread.of(runs, r -> r.samples().get(at)[1 + 2 * layer]);
      x[i] = runs.getFirst().samples().get(i)[0];
      y[0][i] = angles.mean();
      y[1][i] = angles.least();
      y[2][i] = angles.greatest();
    }
    return new Plot.Curve("layer " + (layer + 1), x, y[0], Optional.of(new Plot.Band(y[1], y[2])));
  }
}
