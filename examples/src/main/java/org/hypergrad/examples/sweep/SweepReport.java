package org.hypergrad.examples.sweep;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.Table;
import org.hypergrad.examples.chart.Plot;
import org.hypergrad.examples.experiment.Spread;

/** Table and picture of a sweep that is done. */
final class SweepReport {
  private final Study study;
  private final Grid grid;
  private final List<String> methods;
  private final int seeds;
  private final Map<Cell, Score> scores;

  /** Of the scores of all cells of the grid. */
  SweepReport(Study study, Grid grid, List<String> methods, int seeds, Map<Cell, Score> scores) {
    this.study = study;
    this.grid = grid;
    this.methods = methods;
    this.seeds = seeds;
    this.scores = scores;
  }

  /** Prints the table and writes all. */
  void write(Results results, PrintWriter text) throws IOException {
    String table = table().toString();
    text.println();
    text.println(table);
    text.println(caption());
    results.text("table.md", table);
    List<Plot> plots =
        grid.varied().size() < 2
            ? List.of(curves())
            : methods.stream().<Plot>map(this::field).toList();
    results.picture("sweep.png", Math.min(plots.size(), 3), plots);
  }

  private String caption() {
    return "Test accuracy in %, mean"
        + (seeds > 1 ? " and standard deviation of " + seeds + " seeds" : "")
        + " after the last epoch, of runs that did not diverge. Better: than its base by at least"
        + " one standard deviation, the root of the mean of both variances, where no run of either"
        + " diverged"
        + (seeds > 1 ? "." : "; never with one seed.");
  }

  private Scores at(String method, Map<String, Double> point) {
    return new Scores(
        LongStream.rangeClosed(1, seeds)
            .mapToObj(seed -> Cell.of(method, point, study.parameters(method), seed))
            .map(scores::get)
            .toList());
  }

  /** What a method is shown against, if that is of this sweep. */
  private Optional<String> base(String method) {
    return study.base(method).filter(methods::contains);
  }

  private boolean better(String method, Map<String, Double> point) {
    return base(method).filter(b -> at(method, point).betterThan(at(b, point))).isPresent();
  }

  private Table table() {
    List<String> axes = List.copyOf(grid.axes().keySet());
    Table table =
        new Table(
            Stream.of(
                    Stream.of("method"),
                    axes.stream(),
                    Stream.of("test accuracy, %", "diverged", "against its base"))
                .flatMap(s -> s)
                .toArray(String[]::new));
    for (String method : methods) {
      for (Map<String, Double> point : grid.points()) {
        Scores own = at(method, point);
        List<Object> row = new ArrayList<>(List.of(method));
        axes.forEach(axis -> row.add(Grid.text(point.get(axis))));
        row.add(own.accuracy().values().length == 0 ? "" : own.accuracy().text(1, 2));
        row.add(own.diverged() == 0 ? "" : own.diverged() + " of " + seeds);
        row.add(base(method).map(b -> gain(own, at(b, point))).orElse(""));
        table.row(row.toArray());
      }
    }
    return table;
  }

  private static String gain(Scores own, Scores base) {
    double gain = own.accuracy().mean() - base.accuracy().mean();
    return Double.isNaN(gain)
        ? ""
        : (gain < 0 ? "" : "+") + Table.number(gain, 2) + (own.betterThan(base) ? ", better" : "");
  }

  /** Means that there are, of all methods: so that their pictures have the same colours. */
  private Spread means() {
    return Spread.of(
        methods.stream()
            .flatMap(m -> grid.points().stream().map(p -> at(m, p).accuracy().mean()))
            .filter(mean -> !mean.isNaN())
            .toList(),
        mean -> mean);
  }

  /** The first setting with several values along the horizontal axis, the second upwards. */
  private Plot field(String method) {
    String x = grid.varied().get(0);
    String y = grid.varied().get(1);
    List<Double> columns = grid.axes().get(x).stream().sorted().toList();
    List<Double> rows = grid.axes().get(y).stream().sorted().toList().reversed();
    List<List<Plot.Cell>> cells =
        rows.stream()
            .map(row -> columns.stream().map(c -> cell(method, x, c, y, row)).toList())
            .toList();
    return new Plot.Field(
        title(method),
        x,
        columns.stream().map(Grid::text).toList(),
        y,
        rows.stream().map(Grid::text).toList(),
        cells,
        means().least(),
        means().greatest());
  }

  private String title(String method) {
    return base(method)
        .map(b -> method + ": test accuracy, %; framed: better than " + b + " by 1 deviation")
        .orElse(method + ": test accuracy, %");
  }

  private Plot.Cell cell(String method, String x, double column, String y, double row) {
    Map<String, Double> point =
        grid.points().stream()
            .filter(p -> p.get(x) == column && p.get(y) == row)
            .findFirst()
            .orElseThrow();
    Scores own = at(method, point);
    Spread accuracy = own.accuracy();
    List<String> lines = new ArrayList<>();
    if (accuracy.values().length > 0) {
      lines.add(Table.number(accuracy.mean(), 2));
    }
    if (accuracy.values().length > 1) {
      lines.add("± " + Table.number(accuracy.deviation(), 2));
    }
    if (own.diverged() > 0) {
      lines.add(own.diverged() == seeds ? "diverged" : own.diverged() + " diverged");
    }
    return new Plot.Cell(accuracy.mean(), lines, better(method, point));
  }

  /** Accuracy over the one setting with several values, or over the first. */
  private Plot curves() {
    String x = grid.varied().stream().findFirst().orElse(grid.axes().keySet().iterator().next());
    List<Map<String, Double>> points =
        grid.points().stream().sorted((a, b) -> Double.compare(a.get(x), b.get(x))).toList();
    double least = points.getFirst().get(x);
    return new Plot.Curves(
        "test accuracy: mean and standard deviation of " + seeds + " seeds",
        x,
        "test accuracy, %",
        methods.stream().map(m -> curve(m, x, points)).filter(c -> c.x().length > 0).toList(),
        least > 0 && points.getLast().get(x) >= 10 * least);
  }

  /** Through the points at which a run came to its end. */
  private Plot.Curve curve(String method, String x, List<Map<String, Double>> all) {
    List<Map<String, Double>> points =
        all.stream().filter(p -> at(method, p).accuracy().values().length > 0).toList();
    double[] at = points.stream().mapToDouble(p -> p.get(x)).toArray();
    double[][] y = new double[3][points.size()];
    for (int i = 0; i < points.size(); i++) {
      Spread accuracy = at(method, points.get(i)).accuracy();
      double deviation = accuracy.values().length > 1 ? accuracy.deviation() : 0;
      y[0][i] = accuracy.mean();
      y[1][i] = accuracy.mean() - deviation;
      y[2][i] = accuracy.mean() + deviation;
    }
    return new Plot.Curve(method, at, y[0], Optional.of(new Plot.Band(y[1], y[2])));
  }
}
