package org.hypergrad.examples.cifar10;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.comparison.Method;
import org.hypergrad.examples.comparison.Task;
import org.hypergrad.examples.predict.Architecture;
import org.hypergrad.examples.predict.ModelCard;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.data.Cifar10;
import org.hypergrad.nn.model.AllCnn;
import org.hypergrad.nn.optim.Schedule;
import org.hypergrad.nn.save.Weights;

/**
 * What a method is run with.
 *
 * @param rate learning rate
 * @param momentum of the velocity, for methods that have one
 * @param hyperRate learning rate of what is learned beside the weights, by Adam
 * @param weightDecay an L2 penalty, as a part of the gradient
 * @param lowerAfter epochs after which the learning rate is a tenth
 * @param dropout whether the network has it
 * @param batchNorm whether the network has it
 */
public record Settings(
    double rate,
    double momentum,
    double hyperRate,
    double weightDecay,
    long lowerAfter,
    boolean dropout,
    boolean batchNorm)
    implements Task {
  /** Passes over the training images, as in the paper. */
  public static final long EPOCHS = 150;

  /** Images in a step, as in the paper. */
  public static final int BATCH = 128;

  private static final int SIDE = 32;

  /** Images that are tested at once: some gigabyte of what the layers give. */
  public static final int EVALUATION_BATCH = 500;

  /**
   * Those of the paper for a method. It names neither the momentum nor Adam's rate: these are the
   * usual ones.
   */
  public static Settings of(Method method) {
    return new Settings(method.isAdam() ? 1e-3 : 0.05, 0.9, 1e-4, 0, 80, false, false);
  }

  @Override
  public Settings withRate(double value) {
    return new Settings(value, momentum, hyperRate, weightDecay, lowerAfter, dropout, batchNorm);
  }

  public Settings withMomentum(double value) {
    return new Settings(rate, value, hyperRate, weightDecay, lowerAfter, dropout, batchNorm);
  }

  public Settings withHyperRate(double value) {
    return new Settings(rate, momentum, value, weightDecay, lowerAfter, dropout, batchNorm);
  }

  public Settings withLowerAfter(long epochs) {
    return new Settings(rate, momentum, hyperRate, weightDecay, epochs, dropout, batchNorm);
  }

  /** The network, All-CNN-C, with its first weights. */
  @Override
  public AllCnn network(Generator random) {
    AllCnn.Builder builder = AllCnn.builder();
    if (dropout) {
      builder.dropout();
    }
    if (batchNorm) {
      builder.batchNorm();
    }
    return builder.build(random);
  }

  @Override
  public List<String> layers() {
    return IntStream.rangeClosed(1, 9).mapToObj(i -> "conv" + i).toList();
  }

  @Override
  public void save(Module model, Path file, List<String> classes) {
    ModelCard card =
        new ModelCard(Architecture.ALL_CNN_C, batchNorm, classes, SIDE, Cifar10.MEAN, Cifar10.STD);
    Weights.save(model, file, card.texts());
  }

  @Override
  public Schedule schedule(long stepsPerEpoch) {
    return Schedule.steps(0.1, lowerAfter * stepsPerEpoch);
  }

  @Override
  public Map<String, String> texts() {
    return Map.of(
        "--lr", String.valueOf(rate),
        "--momentum", String.valueOf(momentum),
        "--m-rate", String.valueOf(hyperRate),
        "--weight-decay", String.valueOf(weightDecay),
        "--lower-after", String.valueOf(lowerAfter),
        "--dropout", String.valueOf(dropout),
        "--batch-norm", String.valueOf(batchNorm));
  }
}
