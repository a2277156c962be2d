package org.hypergrad.bench.cpu;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.hypergrad.bench.Commands;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Times ops, layers and training steps on the processor, by JMH. */
@Command(
    name = "bench/run",
    description = "Times ops, layers, updates, loaders and training steps on the processor.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    subcommands = {Benchmarks.Quick.class, CompareCommand.class})
public final class Benchmarks implements Callable<Integer> {
  private static final Duration ITERATION = Duration.ofMillis(500);

  /** Until a whole training step is compiled. */
  private static final int WARM_UPS = 10;

  /** An error needs some samples. */
  private static final int LEAST_ITERATIONS = 3;

  @Mixin private Selection selection;

  @Option(
      names = "--forks",
      paramLabel = "N",
      defaultValue = "2",
      description = "JVMs for each row, one after another; ${DEFAULT-VALUE} unless told otherwise.")
  private int forks;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "Of half a second each that count, in each JVM; ${DEFAULT-VALUE} unless told otherwise.")
  private int iterations;

  @Spec private CommandSpec spec;

  public static void main(String[] args) {
    System.exit(Commands.line(new Benchmarks()).execute(args));
  }

  @Override
  public Integer call() throws IOException, RunnerException {
    if (forks < 1 || iterations < LEAST_ITERATIONS) {
      throw new ParameterException(
          spec.commandLine(),
          "--forks must be at least 1 and --iterations at least " + LEAST_ITERATIONS);
    }
    selection.run(Rows.all(), new Settings(forks, WARM_UPS, iterations, ITERATION), "benchmarks");
    return 0;
  }

  /** Some of the rows, in this JVM. */
  @Command(
      name = "quick",
      description =
          "Times some rows of each family in some two minutes, all in one JVM and for a short time:"
              + " enough to see what has become several times slower.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Quick implements Callable<Integer> {
    private static final Settings SETTINGS = new Settings(0, 2, 5, Duration.ofMillis(200));

    @Mixin private Selection selection;

    @Override
    public Integer call() throws IOException, RunnerException {
      // Another run beside this one would disturb it, but a check of a change must not fail by it.
      System.setProperty("jmh.ignoreLock", "true");
      selection.run(Rows.quick(), SETTINGS, "quick");
      return 0;
    }
  }
}
