package org.hypergrad.examples.comparison;

import java.util.List;
import org.hypergrad.examples.experiment.RunOptions;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which methods are compared, for how long, and with which rates. */
public final class MethodOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

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
  private long epochs;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "End each run after so many steps in any case.",
      showDefaultValue = Visibility.NEVER)
  private long steps = Long.MAX_VALUE;

  @Option(names = "--batch", paramLabel = "N", description = "Images in a step.")
  private int batch;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Learning rate of all methods but adam and adam+fop; by default the paper's.")
  private Double rate;

  @Option(
      names = "--adam-lr",
      paramLabel = "RATE",
      description = "Learning rate of adam and adam+fop; by default .001.")
  private Double adamRate;

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

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "Runs of each method, of seeds 1 to N.")
  private int seeds = 1;

  /** With so many epochs, and images in a step, unless told otherwise. */
  public MethodOptions(long epochs, int batch) {
    this.epochs = epochs;
    this.batch = batch;
  }

  /**
   * The methods.
   *
   * @throws ParameterException if some of them and all are asked for, or one that is none
   */
  public List<Method> chosen(RunOptions options) {
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

  /**
   * Checks the numbers.
   *
   * @throws ParameterException if one is out of range
   */
  public void check(RunOptions options) {
    options.require(epochs >= 1, "--epochs", "at least 1");
    options.require(steps >= 1, "--steps", "at least 1");
    options.require(batch >= 1, "--batch", "at least 1");
    options.require(rate == null || positive(rate), "--lr", "a number above 0");
    options.require(adamRate == null || positive(adamRate), "--adam-lr", "a number above 0");
    options.require(momentum >= 0 && momentum < 1, "--momentum", "at least 0 and below 1");
    options.require(hyperRate == 0 || positive(hyperRate), "--m-rate", "a number of at least 0");
    options.require(
        weightDecay == 0 || positive(weightDecay), "--weight-decay", "a number of at least 0");
    options.require(seeds >= 1, "--seeds", "at least 1");
  }

  private static boolean positive(double value) {
    return value > 0 && value < Double.POSITIVE_INFINITY;
  }

  /** The learning rate of a method; without an option, what is given. */
  public double rate(Method method, double otherwise) {
    Double given = method.isAdam() ? adamRate : rate;
    return given == null ? otherwise : given;
  }

  public long epochs() {
    return epochs;
  }

  public long steps() {
    return steps;
  }

  public int batch() {
    return batch;
  }

  public double momentum() {
    return momentum;
  }

  public double hyperRate() {
    return hyperRate;
  }

  public double weightDecay() {
    return weightDecay;
  }

  public int seeds() {
    return seeds;
  }
}
