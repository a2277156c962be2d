package org.hypergrad.examples.sweep;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.error.EngineException;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.Run;
import org.hypergrad.examples.experiment.RunOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A sweep of one program's network and images, as a command: subclasses add the options of these.
 */
@Command(
    description = {
      "Trains with every method at every point of a grid of settings, and shows the accuracies:"
          + " over two settings as maps, where those are framed that are better than without FOP by"
          + " at least one standard deviation; over one as curves.",
      "",
      "Several of these programs may share a grid: start each with the same --out. A sweep always"
          + " goes on where it was interrupted.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true)
public abstract class SweepProgram implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--grid",
      paramLabel = "NAME=VALUE,...",
      description =
          "Settings with their values, such as lr=0.01,0.05,momentum=0,0.5,0.9: one or two with"
              + " several values, and any with one. Names are those of the program's options"
              + " without --; a method that has no such setting is trained once for all its values."
              + " By default the program's own grid.",
      showDefaultValue = Visibility.NEVER)
  private String grid;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      split = ",",
      description = "What to train with: names as the program has them, with commas between.")
  private List<String> methods = List.of("momentum", "fop");

  @Option(names = "--seeds", paramLabel = "N", description = "Runs of each, of seeds 1 to N.")
  private int seeds = 3;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the training images; by default as the program has it.")
  private Long epochs;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "End each run after so many steps in any case.",
      showDefaultValue = Visibility.NEVER)
  private Long steps;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images in a step; by default as the program has it.")
  private Integer batch;

  @Mixin private RunOptions options;

  /** What is swept. */
  protected abstract Study study();

  /** All of the images; what is fetched is told. */
  protected abstract Images images(PrintWriter text);

  @Override
  public final Integer call() throws IOException {
    Study study = study();
    Grid points = understood(() -> grid == null ? study.grid() : Grid.parse(grid));
    methods = methods.stream().distinct().toList();
    check(study, points);
    Plan plan = plan(study.plan());
    List<Cell> cells = Sweep.cells(study, points, methods, seeds);
    PrintWriter text = spec.commandLine().getOut();
    Device on = options.device(text);
    Images images = options.images(images(text), text);
    Function<Cell, Run> runs = cell -> study.run(cell, plan, images);
    understood(() -> cells.stream().map(runs).toList());
    Path out = options.folder("sweep-" + study.name());
    ScoreTable table =
        new ScoreTable(
            out,
            List.copyOf(points.axes().keySet()),
            Map.of(
                "program", study.name(),
                "--epochs", String.valueOf(plan.epochs()),
                "--steps", String.valueOf(plan.maxSteps()),
                "--batch", String.valueOf(plan.batch()),
                "images", images.fingerprint(),
                "preparation of images", images.preparation()));
    Sweep sweep = new Sweep(cells, runs, table, out.resolve("runs"), text);
    long open = sweep.run(held -> options.runner(on, held, text));
    if (open > 0) {
      text.printf(
          "%d of %d runs are still with other processes, and the last of these writes the results;"
              + " if one was stopped, the same command goes on%n",
          open, cells.size());
      return 0;
    }
    try (Results results = Results.await(out)) {
      new SweepReport(study, points, methods, seeds, table.read()).write(results, text);
      results.wrote(ScoreTable.FILE);
      text.println("written to " + results);
    }
    return 0;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** What is made of options, whose mistakes are those of the command line. */
  private <T> T understood(Supplier<T> made) {
    try {
      return made.get();
    } catch (EngineException mistake) {
      throw new ParameterException(spec.commandLine(), "--grid: " + mistake.getMessage(), mistake);
    }
  }

  private void check(Study study, Grid points) {
    options.check();
    options.require(seeds >= 1, "--seeds", "at least 1");
    options.require(epochs == null || epochs >= 1, "--epochs", "at least 1");
    options.require(steps == null || steps >= 1, "--steps", "at least 1");
    options.require(batch == null || batch >= 1, "--batch", "at least 1");
    options.require(!methods.isEmpty(), "--method", "at least one name");
    for (String method : methods) {
      if (!study.methods().contains(method)) {
        throw wrong(
            "--method: no method \"" + method + "\" to sweep; there are " + study.methods());
      }
    }
    List<String> settings =
        methods.stream().flatMap(m -> study.parameters(m).stream()).distinct().sorted().toList();
    for (String axis : points.axes().keySet()) {
      if (!settings.contains(axis)) {
        throw wrong("--grid: no method has a setting \"" + axis + "\"; they have " + settings);
      }
    }
  }

  private Plan plan(Plan own) {
    return new Plan(
        epochs == null ? own.epochs() : epochs,
        steps == null ? own.maxSteps() : steps,
        batch == null ? own.batch() : batch,
        own.evaluationBatch());
  }
}
