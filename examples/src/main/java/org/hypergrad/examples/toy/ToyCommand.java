package org.hypergrad.examples.toy;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.hypergrad.engine.Device;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.Table;
import org.hypergrad.examples.chart.Plot;
import org.hypergrad.fop.Fop;
import org.hypergrad.fop.HypergradientAt;
import org.hypergrad.fop.Order;
import org.hypergrad.fop.Preconditioner;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Sgd;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Counts the steps of SGD, Adam and FOP on two functions of the plane. */
@Command(
    name = "toy",
    description = {
      "Goes down Booth's and Himmelblau's functions with SGD, Adam and FOP, from the same point at"
          + " the same rate, until the value is below 1e-6 (Figure 1 of the paper); prints a table"
          + " of the steps beside the paper's, and writes it, the ways as CSV, and a picture of"
          + " them. Takes seconds.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true)
public final class ToyCommand implements Callable<Integer> {
  private static final double[] LEVELS = {0.1, 1, 3, 10, 30, 60, 100, 200, 300, 500, 1000};
  private static final int GRID = 161;

  @Spec private CommandSpec spec;

  @Option(
      names = "--order",
      paramLabel = "ORDER",
      showDefaultValue = Visibility.NEVER,
      description = "What FOP moves first: theta-first, as the paper (default), or m-first.")
  private Order order = Order.THETA_FIRST;

  @Option(
      names = "--hypergradient-at",
      paramLabel = "M",
      showDefaultValue = Visibility.NEVER,
      description =
          "Where theta moves first, the M in FOP's hypergradient: current-m, as the paper"
              + " (default), or previous-m, which is exact.")
  private HypergradientAt at = HypergradientAt.CURRENT_M;

  @Option(names = "--m-rate", paramLabel = "RATE", description = "Learning rate of M, by descent.")
  private double hyperRate = 0.01;

  @Option(names = "--steps", paramLabel = "N", description = "Steps after which a method gives up.")
  private long steps = 20_000;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "best, cpu, reference, or a GPU: see mnist --help.")
  private String device = "best";

  @Option(names = "--out", paramLabel = "DIR", description = "Where results go.")
  private Path out = Path.of("out", "toy");

  @Override
  public Integer call() throws IOException {
    if (!(hyperRate >= 0 && hyperRate < Double.POSITIVE_INFINITY)) {
      throw new ParameterException(spec.commandLine(), "--m-rate must be a number of at least 0");
    }
    if (steps < 1) {
      throw new ParameterException(spec.commandLine(), "--steps must be at least 1");
    }
    PrintWriter text = spec.commandLine().getOut();
    Device on = Device.named(device);
    try (Results results = Results.in(out)) {
      Table table = new Table("function", "method", "rate", "steps", "the paper", "ends at");
      List<Descent> all = new ArrayList<>();
      for (Surface surface : Surface.values()) {
        List<Descent> descents = on.call(() -> descents(surface));
        all.addAll(descents);
        long[] paper = {surface.paper().sgd(), surface.paper().adam(), surface.paper().fop()};
        IntStream.range(0, 3).forEach(i -> add(table, descents.get(i), paper[i]));
      }
      text.println(table);
      results.text("table.md", table.toString());
      results.csv("paths.csv", List.of("function", "method", "step", "x", "y", "value"), rows(all));
      results.picture("paths.png", 2, planes(all));
      text.println("written to " + results);
      return report(all);
    }
  }

  private List<Descent> descents(Surface surface) {
    double rate = surface.rate();
    Fop fop =
        Fop.over(new Sgd(rate))
            .hyper(new Sgd(hyperRate))
            .order(order)
            .hypergradientAt(at)
            .where(Selector.all(), Preconditioner.product());
    return List.of(
        Descent.of(surface, "SGD", new Sgd(rate), steps),
        Descent.of(surface, "Adam", new Adam(rate), steps),
        Descent.of(surface, "FOP", fop, steps));
  }

  private static void add(Table table, Descent descent, long paper) {
    Descent.Point end = descent.points().getLast();
    boolean arrived = descent.failure().isEmpty();
    table.row(
        descent.surface(),
        descent.method(),
        descent.surface().rate(),
        arrived ? descent.steps() : "stopped at " + descent.steps(),
        paper,
        String.format(Locale.ROOT, "(%.3f, %.3f)", end.x(), end.y()));
  }

  private static List<List<Object>> rows(List<Descent> descents) {
    List<List<Object>> rows = new ArrayList<>();
    for (Descent descent : descents) {
      for (int i = 0; i < descent.points().size(); i++) {
        Descent.Point p = descent.points().get(i);
        rows.add(List.of(descent.surface(), descent.method(), i, p.x(), p.y(), p.value()));
      }
    }
    return rows;
  }

  private static List<Plot.Plane> planes(List<Descent> descents) {
    List<Plot.Plane> planes = new ArrayList<>();
    for (Surface surface : Surface.values()) {
      planes.add(plane(surface, descents.stream().filter(d -> d.surface() == surface).toList()));
    }
    return planes;
  }

  private static Plot.Plane plane(Surface surface, List<Descent> descents) {
    double[] x = axis(descents.stream().flatMap(d -> d.points().stream().map(p -> p.x())).toList());
    double[] y = axis(descents.stream().flatMap(d -> d.points().stream().map(p -> p.y())).toList());
    return new Plot.Plane(
        surface.toString(),
        x,
        y,
        surface.values(x, y),
        LEVELS,
        descents.stream().map(ToyCommand::path).toList());
  }

  /** Points of the axis that show where all ways went, with a margin. */
  private static double[] axis(List<Double> values) {
    double low = values.stream().filter(Double::isFinite).min(Double::compare).orElseThrow();
    double high = values.stream().filter(Double::isFinite).max(Double::compare).orElseThrow();
    double margin = 0.2 * (high - low) + 0.5;
    double step = (high - low + 2 * margin) / (GRID - 1);
    return IntStream.range(0, GRID).mapToDouble(i -> low - margin + i * step).toArray();
  }

  private static Plot.Curve path(Descent descent) {
    String name =
        descent.failure().isEmpty()
            ? descent.method() + ", " + descent.steps() + " steps"
            : descent.method();
    return new Plot.Curve(
        name,
        descent.points().stream().mapToDouble(Descent.Point::x).toArray(),
        descent.points().stream().mapToDouble(Descent.Point::y).toArray());
  }

  private int report(List<Descent> descents) {
    List<Descent> failed = descents.stream().filter(d -> d.failure().isPresent()).toList();
    for (Descent descent : failed) {
      spec.commandLine()
          .getErr()
          .println(
              descent.surface() + ", " + descent.method() + ": " + descent.failure().orElseThrow());
    }
    return failed.isEmpty() ? 0 : 1;
  }
}
