package org.hypergrad.bench.cpu;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.hypergrad.bench.results.Facts;
import org.hypergrad.bench.results.Results;

/** Two runs side by side. */
final class Comparison {
  private static final Map<String, Function<Facts, Object>> CONDITIONS = new LinkedHashMap<>();

  static {
    CONDITIONS.put("machine", Facts::machine);
    CONDITIONS.put("processor", Facts::processor);
    CONDITIONS.put("cores", Facts::cores);
    CONDITIONS.put("JDK", Facts::jdk);
    CONDITIONS.put("settings", Facts::settings);
  }

  private final Facts a;
  private final Facts b;
  private final double least;
  private final List<Pair> pairs = new ArrayList<>();
  private final List<String> onlyInA = new ArrayList<>();
  private final List<String> onlyInB = new ArrayList<>();

  /** A row of both runs. */
  record Pair(Timing a, Timing b) {
    /** How many times as long the second takes. */
    double ratio() {
      return b.ms() / a.ms();
    }

    /**
     * Whether the means differ by more than noise: their confidence intervals do not touch, and the
     * second differs from the first by a share of it at least.
     */
    boolean moved(double least) {
      double difference = Math.abs(b.ms() - a.ms());
      return difference > a.errorMs() + b.errorMs() && difference >= least * a.ms();
    }
  }

  /**
   * Compares two runs.
   *
   * @param least share of a time that is too little to be told
   */
  Comparison(Results<Timing> a, Results<Timing> b, double least) {
    this.a = a.facts();
    this.b = b.facts();
    this.least = least;
    Map<String, Timing> others = new LinkedHashMap<>();
    b.rows().forEach(row -> others.put(row.row(), row));
    for (Timing row : a.rows()) {
      Optional.ofNullable(others.remove(row.row()))
          .ifPresentOrElse(other -> pairs.add(new Pair(row, other)), () -> onlyInA.add(row.row()));
    }
    onlyInB.addAll(others.keySet());
  }

  /** The rows of both runs, in the order of the first. */
  List<Pair> pairs() {
    return pairs;
  }

  List<String> onlyInA() {
    return onlyInA;
  }

  List<String> onlyInB() {
    return onlyInB;
  }

  /** What makes the runs hard to compare, a line each. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    CONDITIONS.forEach(
        (name, condition) -> {
          if (!Objects.equals(condition.apply(a), condition.apply(b))) {
            warnings.add(
                "%s differs: %s in A, %s in B"
                    .formatted(name, condition.apply(a), condition.apply(b)));
          }
        });
    for (Pair pair : pairs) {
      if (Ceilings.contains(pair.a().row()) && pair.moved(least)) {
        warnings.add(
            String.format(
                Locale.ROOT,
                "%s took %.2f times as long in B: the machine itself was not the same",
                pair.a().row(),
                pair.ratio()));
      }
    }
    return warnings;
  }

  void print(PrintWriter out) {
    out.printf("A: %s%n   %s%n", a.command(), a.toString().replace("\n", "\n   "));
    out.printf("B: %s%n   %s%n", b.command(), b.toString().replace("\n", "\n   "));
    warnings().forEach(warning -> out.println("warning: " + warning));
    out.printf("%n%-74s %10s %9s %10s %9s %7s%n", "row", "A", "error", "B", "error", "B / A");
    pairs.forEach(pair -> out.println(line(pair)));
    onlyInA.forEach(row -> out.println("only in A: " + row));
    onlyInB.forEach(row -> out.println("only in B: " + row));
    long moved = pairs.stream().filter(pair -> pair.moved(least)).count();
    out.printf("%n%d of %d rows moved%n", moved, pairs.size());
  }

  private String line(Pair pair) {
    String verdict = pair.ratio() < 1 ? "faster" : "slower";
    return String.format(
            Locale.ROOT,
            "%-74s %10s %9s %10s %9s %7.3f %s",
            pair.a().row(),
            Timing.time(pair.a().ms()),
            pair.a().error(),
            Timing.time(pair.b().ms()),
            pair.b().error(),
            pair.ratio(),
            pair.moved(least) ? verdict : "")
        .stripTrailing();
  }
}
