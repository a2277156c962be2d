package org.hypergrad.bench.cpu;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.hypergrad.bench.results.Results;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints two runs side by side. */
@Command(
    name = "compare",
    description = {
      "Prints the times of two runs side by side, with their ratio.",
      "A row is called faster or slower if the times differ by more than the sum of their errors"
          + " (each half of a 99.9 %% confidence interval of the mean), and by --least. Rows of one"
          + " run alone are named below. What makes the runs hard to compare, such as another"
          + " machine, is a warning above. The exit code does not depend on the times."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CompareCommand implements Callable<Integer> {
  @Parameters(paramLabel = "A", description = "A .json file of bench/run.")
  private Path a;

  @Parameters(paramLabel = "B", description = "Another.")
  private Path b;

  @Option(
      names = "--least",
      paramLabel = "PERCENT",
      defaultValue = "5",
      description = "The smallest difference to tell; ${DEFAULT-VALUE} unless told otherwise.")
  private double least;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (!(least >= 0)) {
      throw new ParameterException(spec.commandLine(), "--least must not be negative");
    }
    new Comparison(read(a), read(b), least / 100).print(spec.commandLine().getOut());
    return 0;
  }

  private Results<Timing> read(Path file) {
    try {
      return Results.read(file, Timing.class);
    } catch (IOException bad) {
      throw new ParameterException(spec.commandLine(), bad.getMessage(), bad);
    }
  }
}
