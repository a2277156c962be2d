package org.hypergrad.examples.cifar10;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.hypergrad.engine.Device;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.RunOptions;
import org.hypergrad.examples.experiment.Runs;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares FOP with other methods on CIFAR-10, as the paper does. */
@Command(
    name = "cifar10",
    description = {
      "Trains All-CNN-C, nine convolutions with 1,369,738 parameters, on CIFAR-10 with the paper's"
          + " settings, by one method or several from the same first weights; prints the paper's"
          + " table, and writes it, curves (Figure 2), what P became (Figure 5), CSV, and the"
          + " weights.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true)
public final class Cifar10Command implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      split = ",",
      description =
          "What to run, of: momentum, s-hd, pp-hd, fop-norm, fop, fop-direction, adam, adam+fop."
              + " Names with commas between; by default momentum,fop.")
  private List<String> methods;

  @Option(names = "--compare", description = "Run all methods.")
  private boolean compare;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training images.")
  private long epochs = Settings.EPOCHS;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "End each run after so many steps in any case.",
      showDefaultValue = Visibility.NEVER)
  private long steps = Long.MAX_VALUE;

  @Option(names = "--batch", paramLabel = "N", description = "Images in a step.")
  private int batch = Settings.BATCH;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Learning rate of all methods but adam and adam+fop; by default .05.")
  private Double rate;

  @Option(
      names = "--adam-lr",
      paramLabel = "RATE",
      description = "Learning rate of adam and adam+fop; by default .001.")
  private Double adamRate;

  @Option(
      names = "--lower-after",
      paramLabel = "N",
      description = "Go on with a tenth of the learning rate after so many epochs.")
  private long lowerAfter = 80;

  @Option(
      names = "--momentum",
      paramLabel = "A",
      description = "Momentum of the velocity, where there is one.")
  private double momentum = 0.9;

  @Option(
      names = "--m-rate",
      paramLabel = "RATE",
      description = "Learning rate of M, and of what s-hd and pp-hd learn, by Adam.")
  private double hyperRate = 1e-4;

  @Option(
      names = "--weight-decay",
      paramLabel = "L",
      description = "L2 penalty, as a part of the gradient.")
  private double weightDecay;

  @Option(names = "--dropout", description = "Put dropout into the network.")
  private boolean dropout;

  @Option(names = "--batch-norm", description = "Put batch norm into the network.")
  private boolean batchNorm;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "Runs of each method, of seeds 1 to N.")
  private int seeds = 1;

  @Mixin private CifarOptions data;

  @Mixin private RunOptions options;

  @Override
  public Integer call() throws IOException {
    List<Contender> contenders = chosen().stream().map(this::contender).toList();
    check();
    PrintWriter text = spec.commandLine().getOut();
    Device on = options.device(text);
    Images images = options.images(data.images(text), text);
    Plan plan = new Plan(epochs, steps, batch, Settings.EVALUATION_BATCH);
    try (Results results = options.results("cifar10", "curves.csv", text)) {
      Comparison comparison =
          new Comparison(plan, images, options.runner(on, results, text), results, text);
      Map<Contender, Runs> found = comparison.run(contenders, seeds);
      long perEpoch = Math.ceilDiv(images.train().size(), batch);
      new Report(found, images.test().size(), perEpoch).write(results, text);
      text.println("written to " + results);
      return found.values().stream().allMatch(r -> r.ended().isEmpty()) ? 1 : 0;
    }
  }

  private List<Method> chosen() {
    if (compare && methods != null) {
      throw new ParameterException(
          spec.commandLine(), "--compare runs all methods, and goes with no --method");
    }
    return compare
        ? List.of(Method.values())
        : methods == null
            ? List.of(Method.MOMENTUM, Method.FOP)
            : options.chosen("--method", methods, List.of(Method.values()));
  }

  private Contender contender(Method method) {
    Settings paper = Settings.of(method);
    Double given = method.isAdam() ? adamRate : rate;
    return new Contender(
        method,
        new Settings(
            given == null ? paper.rate() : given,
            momentum,
            hyperRate,
            weightDecay,
            lowerAfter,
            dropout,
            batchNorm));
  }

  private void check() {
    options.check();
    options.require(epochs >= 1, "--epochs", "at least 1");
    options.require(steps >= 1, "--steps", "at least 1");
    options.require(batch >= 1, "--batch", "at least 1");
    options.require(rate == null || positive(rate), "--lr", "a number above 0");
    options.require(adamRate == null || positive(adamRate), "--adam-lr", "a number above 0");
    options.require(lowerAfter >= 1, "--lower-after", "at least 1");
    options.require(momentum >= 0 && momentum < 1, "--momentum", "at least 0 and below 1");
    options.require(hyperRate == 0 || positive(hyperRate), "--m-rate", "a number of at least 0");
    options.require(
        weightDecay == 0 || positive(weightDecay), "--weight-decay", "a number of at least 0");
    options.require(seeds >= 1, "--seeds", "at least 1");
  }

  private static boolean positive(double value) {
    return value > 0 && value < Double.POSITIVE_INFINITY;
  }
}
