package org.hypergrad.examples.experiment;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.hypergrad.engine.Device;
import org.hypergrad.examples.Results;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of every program that trains on images: how many, on what, and where results go. */
public final class RunOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Train on N images alone: the first, or of folders of classes some of each.",
      showDefaultValue = Visibility.NEVER)
  private int limit = Integer.MAX_VALUE;

  @Option(
      names = "--eval-limit",
      paramLabel = "N",
      description = "Test on N images alone, chosen likewise.",
      showDefaultValue = Visibility.NEVER)
  private int evaluationLimit = Integer.MAX_VALUE;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description =
          "best, cuda or cuda:<n> (a GPU by its number), cpu, reference, or simulated (a GPU of"
              + " software: slow).")
  private String device = "best";

  @Option(names = "--threads", paramLabel = "N", description = "Threads of the device; 0 for all.")
  private int threads;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where results go; by default a folder in out, by the program's name.")
  private Path out;

  @Option(
      names = "--resume",
      description = "Go on with the runs that --out holds, where they are not done.")
  private boolean resume;

  @Option(
      names = "--checkpoint-minutes",
      paramLabel = "M",
      description = "Save a run that often within an epoch; after each epoch it is saved anyway.")
  private double checkpointMinutes = 5;

  @Option(names = "--profile", description = "Print where the time of each run went, by operation.")
  private boolean profile;

  @Option(
      names = "--graph",
      description =
          "Capture what a GPU does in a step but for the update, and run it as a whole: the same"
              + " bits, with fewer calls of the host. For small networks on a GPU.")
  private boolean graph;

  /**
   * Checks the numbers.
   *
   * @throws ParameterException if one is out of range
   */
  public void check() {
    require(threads >= 0, "--threads", "at least 1, or 0 for all");
    require(limit >= 1, "--limit", "at least 1");
    require(evaluationLimit >= 1, "--eval-limit", "at least 1");
    require(checkpointMinutes > 0, "--checkpoint-minutes", "a number above 0");
    require(
        !graph || !profile, "--graph", "used without --profile, which waits for each operation");
  }

  /** Throws a {@link ParameterException} that says which range an option has, if it is left. */
  public void require(boolean fits, String option, String range) {
    if (!fits) {
      throw new ParameterException(spec.commandLine(), option + " must be " + range);
    }
  }

  /**
   * What names stand for, each once.
   *
   * @param all by the names that {@code toString} gives
   * @throws ParameterException if there is a name that none has, or no name
   */
  public <T> List<T> chosen(String option, List<String> names, List<T> all) {
    require(!names.isEmpty(), option, "at least one name");
    return names.stream().map(name -> named(option, name, all)).distinct().toList();
  }

  private <T> T named(String option, String name, List<T> all) {
    return all.stream()
        .filter(one -> one.toString().equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new ParameterException(
                    spec.commandLine(), option + ": no \"" + name + "\"; there are " + all));
  }

  /**
   * The device, which is introduced.
   *
   * @throws ParameterException if it has no graphs, and one is asked for
   */
  public Device device(PrintWriter text) {
    Device on = Device.named(device);
    require(!graph || on.hasGraphs(), "--graph", "used on a GPU (--device cuda); this is " + on);
    if (threads > 0) {
      on.setThreads(threads);
    }
    text.printf("hypergrad on %s, %d threads%n", on, on.threads());
    return on;
  }

  /** As many of the images as are wanted, which are introduced. */
  public Images images(Images all, PrintWriter text) {
    Images images = all.limit(limit).evaluating(evaluationLimit);
    text.println("images: " + images.description());
    return images;
  }

  /** The path of the folder of results, by default {@code name} in {@code out}. */
  public Path folder(String name) {
    return out == null ? Path.of("out", name) : out;
  }

  /**
   * The folder of results.
   *
   * @param name of the one in {@code out} that is taken by default
   * @param file that is there if an earlier program came to its end
   */
  public Results results(String name, String file, PrintWriter text) throws IOException {
    Results results = Results.in(folder(name));
    if (!resume && Files.exists(results.file(file))) {
      text.println("what " + results.file("") + " held before is written anew");
    }
    return results;
  }

  /** What trains. */
  public Runner runner(Device on, Results results, PrintWriter text) throws IOException {
    return new Runner(on, results, text)
        .resuming(resume)
        .savingEvery(checkpointInterval())
        .profiling(profile)
        .graphing(graph);
  }

  private Duration checkpointInterval() {
    return Duration.ofNanos(Math.round(checkpointMinutes * 60e9));
  }
}
