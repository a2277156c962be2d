package org.hypergrad.examples.mnist;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.MnistOptions;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.Probe;
import org.hypergrad.examples.experiment.RunOptions;
import org.hypergrad.nn.optim.Rule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares FOP with momentum on images, from the same first weights. */
@Command(
    name = "mnist",
    description = {
      "Trains a network of 784-100-100-100-10 units on images of ten classes, with momentum and"
          + " with momentum + FOP, from the same first weights and in the same order, beside two"
          + " controls; prints a table, and writes it, curves, CSV, a picture of what M learned,"
          + " and the weights.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true)
public final class MnistCommand implements Callable<Integer> {
  /** Steps from one look at the angles to the next. */
  private static final long ANGLES_EVERY = 25;

  private static final int EVALUATION_BATCH = 1000;

  private static final List<Method> METHODS =
      List.of(Method.MOMENTUM, Method.FOP, Method.FOP_FROZEN, Method.MOMENTUM_BEST);

  @Spec private CommandSpec spec;

  @Option(
      names = "--figure",
      paramLabel = "NAME",
      description =
          "methods, to compare those that --method names; ranks, for FOP of several ranks against"
              + " momentum (Figure A.2 of the paper); angles, for those between each layer's"
              + " gradient and what P makes of it (Figure A.1).")
  private Figure figure = Figure.METHODS;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the training images; by default 10, for angles 3.")
  private Long epochs;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "End each run after so many steps in any case.",
      showDefaultValue = Visibility.NEVER)
  private long steps = Long.MAX_VALUE;

  @Option(names = "--batch", paramLabel = "N", description = "Images in a step.")
  private int batch = 128;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Learning rate; by default .005, for ranks .003, for angles .0003.")
  private Double rate;

  @Option(names = "--momentum", paramLabel = "A", description = "Momentum of the velocity.")
  private double momentum = 0.9;

  @Option(
      names = "--rank",
      paramLabel = "K",
      description = "Columns of M at most; 0 for a square M.")
  private int rank;

  @Option(
      names = "--ranks",
      paramLabel = "K",
      split = ",",
      description = "The ranks of --figure ranks, with commas between; 0 for a square M.")
  private List<Integer> ranks = List.of(1, 2, 4, 8, 16, 32, 0);

  @Option(
      names = "--sigma",
      paramLabel = "S",
      description = "Standard deviation of the first M; by default .1, for angles .3.")
  private Double deviation;

  @Option(names = "--m-rate", paramLabel = "RATE", description = "Learning rate of M, by Adam.")
  private double hyperRate = 1e-6;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      split = ",",
      description =
          "What to run, of: momentum, momentum-best, fop, fop-frozen, fop-direction, adam. Names"
              + " with commas between; by default momentum,fop,fop-frozen,momentum-best.")
  private List<String> methods;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "Runs of each method, of seeds 1 to N; by default 1, for ranks and angles 5.")
  private Integer seeds;

  @Mixin private MnistOptions data;

  @Mixin private RunOptions options;

  @Override
  public Integer call() throws IOException {
    resolve();
    List<Method> chosen =
        methods == null ? METHODS : options.chosen("--method", methods, List.of(Method.values()));
    check();
    PrintWriter text = spec.commandLine().getOut();
    Device on = options.device(text);
    Images images = options.images(data.images(text), text);
    Settings settings = new Settings(rate, momentum, rank, deviation, hyperRate);
    try (Results results = options.results(figure.folder(), "curves.csv", text)) {
      Function<Rule, Probe> probe =
          figure == Figure.ANGLES ? r -> Angles.probe(r, ANGLES_EVERY) : _ -> Probe.NONE;
      Comparison comparison =
          new Comparison(
              new Plan(epochs, steps, batch, EVALUATION_BATCH),
              images,
              options.runner(on, results, text),
              results,
              text,
              probe);
      Map<Contender, List<Outcome>> outcomes = comparison.run(contenders(chosen, settings), seeds);
      if (!outcomes.isEmpty()) {
        write(outcomes, images, results, text);
      }
      comparison
          .diverged()
          .forEach((run, why) -> spec.commandLine().getErr().println(run + ": " + why));
      return comparison.diverged().isEmpty() ? 0 : 1;
    }
  }

  /** What was not given is as the figure has it. */
  private void resolve() {
    epochs = epochs == null ? figure.epochs() : epochs;
    rate = rate == null ? figure.rate() : rate;
    deviation = deviation == null ? figure.deviation() : deviation;
    seeds = seeds == null ? figure.seeds() : seeds;
    if (methods != null && figure != Figure.METHODS) {
      throw new ParameterException(
          spec.commandLine(), "--method goes with no --figure: " + figure + " has its own");
    }
  }

  private List<Contender> contenders(List<Method> chosen, Settings settings) {
    return switch (figure) {
      case METHODS -> chosen.stream().map(m -> Contender.of(m, settings)).toList();
      case RANKS -> Contender.ofRanks(ranks.stream().distinct().toList(), settings);
      case ANGLES ->
          Stream.of(Method.FOP, Method.FOP_FROZEN).map(m -> Contender.of(m, settings)).toList();
    };
  }

  private void check() {
    options.check();
    options.require(epochs >= 1, "--epochs", "at least 1");
    options.require(steps >= 1, "--steps", "at least 1");
    options.require(batch >= 1, "--batch", "at least 1");
    options.require(positive(rate), "--lr", "a number above 0");
    options.require(momentum >= 0 && momentum < 1, "--momentum", "at least 0 and below 1");
    options.require(rank >= 0, "--rank", "at least 1, or 0 for a square M");
    options.require(
        !ranks.isEmpty() && ranks.stream().allMatch(k -> k >= 0),
        "--ranks",
        "numbers of at least 1, or 0 for a square M");
    options.require(positive(deviation), "--sigma", "a number above 0");
    options.require(hyperRate == 0 || positive(hyperRate), "--m-rate", "a number of at least 0");
    options.require(seeds >= 1, "--seeds", "at least 1");
  }

  private static boolean positive(double value) {
    return value > 0 && value < Double.POSITIVE_INFINITY;
  }

  private void write(
      Map<Contender, List<Outcome>> outcomes, Images images, Results results, PrintWriter text)
      throws IOException {
    new Report(outcomes, images.test().size()).write(results, text);
    if (figure == Figure.ANGLES) {
      new Angles(outcomes).write(results, text);
    }
    text.println("written to " + results);
  }
}
