package org.hypergrad.examples.sweep;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.experiment.Pace;
import org.hypergrad.examples.experiment.Run;
import org.hypergrad.examples.experiment.Runner;

/**
 * One process's part of a sweep. Each run has a folder, and is done by the process that holds it;
 * its score is in the table before the folder is free again. So no run is done twice, and one whose
 * process was killed is free, and goes on from its checkpoint.
 */
final class Sweep {
  private final List<Cell> cells;
  private final Function<Cell, Run> runs;
  private final ScoreTable table;
  private final Path folder;
  private final PrintWriter text;
  private final Pace pace = new Pace();
  private final Set<Cell> done = new HashSet<>();

  /** What makes the runner of one cell. */
  @FunctionalInterface
  interface RunnerIn {
    Runner in(Results held) throws IOException;
  }

  /**
   * Of cells, in their order.
   *
   * @param folder in which each cell has its own
   */
  Sweep(
      List<Cell> cells, Function<Cell, Run> runs, ScoreTable table, Path folder, PrintWriter text) {
    this.cells = cells;
    this.runs = runs;
    this.table = table;
    this.folder = folder;
    this.text = text;
  }

  /** Every method at every point, all with the first seed before any with the second. */
  static List<Cell> cells(Study study, Grid grid, List<String> methods, int seeds) {
    Set<Cell> cells = new LinkedHashSet<>();
    for (long seed = 1; seed <= seeds; seed++) {
      for (Map<String, Double> point : grid.points()) {
        for (String method : methods) {
          cells.add(Cell.of(method, point, study.parameters(method), seed));
        }
      }
    }
    return List.copyOf(cells);
  }

  /** Does what has no score and is not another's, until there is no more; the runs still open. */
  long run(RunnerIn runners) throws IOException {
    done.addAll(table.read().keySet());
    text.printf("%d runs, %d of them done before%n", cells.size(), cells.size() - open());
    cells.stream()
        .filter(cell -> !done.contains(cell))
        .forEach(cell -> pace.expect(runs.apply(cell).steps()));
    boolean more = true;
    while (more) {
      more = false;
      for (Cell cell : cells) {
        // What another process held when it was its turn may be free by now.
        more |= run(cell, runners);
      }
    }
    look();
    return open();
  }

  private long open() {
    return cells.stream().filter(cell -> !done.contains(cell)).count();
  }

  /** Whether a cell was open and free, and now has its score. */
  private boolean run(Cell cell, RunnerIn runners) throws IOException {
    if (done.contains(cell)) {
      return false;
    }
    Optional<Results> own = Results.ifFree(folder.resolve(cell.name()));
    if (own.isEmpty()) {
      return false;
    }
    try (Results held = own.get()) {
      look();
      if (done.contains(cell)) {
        return false;
      }
      Run run = runs.apply(cell);
      Runner runner = runners.in(held).resuming(true).pace(pace);
      Score score = Score.of(runner.train(run, Runner.End.NOTHING));
      table.add(cell, score);
      done.add(cell);
      deleteCheckpoints(held);
      text.printf(
          "%s: %s; %d of %d runs are done%n",
          cell.name(), score, cells.size() - open(), cells.size());
      return true;
    }
  }

  /** Notes what other processes have done. */
  private void look() throws IOException {
    for (Cell cell : table.read().keySet()) {
      if (done.add(cell) && cells.contains(cell)) {
        pace.elsewhere(runs.apply(cell).steps());
      }
    }
  }

  /** A score is all that is needed of a run, and a grid of checkpoints would take gigabytes. */
  private static void deleteCheckpoints(Results held) throws IOException {
    try (Stream<Path> files = Files.walk(held.file("runs"))) {
      // What is in a folder before the folder.
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
