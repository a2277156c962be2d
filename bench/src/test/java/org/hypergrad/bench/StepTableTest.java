package org.hypergrad.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hypergrad.bench.StepTable.Family;
import org.hypergrad.bench.StepTable.Net;
import org.hypergrad.fop.Fop;
import org.hypergrad.kernels.Simulated;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What whole training steps launch and move on the simulated GPU. */
@Simulated
class StepTableTest {
  private static final int MOST_LAUNCHES = 70;
  private static final double MOST_OF_FLOOR = 1.1;

  private static final Sgd DESCENT = new Sgd(1e-3);
  private static final Sgd MOMENTUM = DESCENT.momentum(0.9);

  /** Weights of All-CNN-C's kernels, and its biases. */
  private static final long KERNELS = 1_368_480;

  private static final long BIASES = 1_258;

  /** Weights and biases of the MNIST net. */
  private static final long DENSE = 78_400 + 100 + 2 * (10_000 + 100) + 1_000 + 10;

  /** What some steps did; one takes seconds. */
  private static final Map<String, List<LaunchLog.Line>> STEPS = new HashMap<>();

  private static List<LaunchLog.Line> step(Net net, Rule rule) {
    return STEPS.computeIfAbsent(net + ", " + rule, k -> StepTable.step(net, rule));
  }

  static List<Rule> rules() {
    return List.of(MOMENTUM, Fop.over(MOMENTUM));
  }

  /** Nine convolutions, each with a bias, forward and backward, but for the images' gradient. */
  @ParameterizedTest
  @MethodSource("rules")
  void allCnnHasFewLaunchesBesideItsConvolutions(Rule rule) {
    List<LaunchLog.Line> step = step(Net.ALL_CNN, rule);
    int launches = StepTable.of(step, Family::isKernels).size();
    assertTrue(launches <= MOST_LAUNCHES, launches + " launches of our own");
    assertEquals(9 + 9 + 9 + 8, StepTable.of(step, f -> f == Family.CUDNN).size());
    assertEquals(0, StepTable.of(step, f -> f == Family.CUBLAS).size());
  }

  /**
   * Theta and each state are read and written, a gradient is read. Of FOP, gradients are read
   * twice, as nothing may move before all of them are known to be finite, and those of the step
   * before once.
   */
  static List<Arguments> updates() {
    return List.of(
        Arguments.of(Net.MNIST, MOMENTUM, "optimizer_sgd_f32", 1, 5 * DENSE),
        Arguments.of(Net.MNIST, new Adam(1e-3), "optimizer_adam_f32", 1, 7 * DENSE),
        Arguments.of(Net.ALL_CNN, MOMENTUM, "optimizer_sgd_f32", 1, 5 * (KERNELS + BIASES)),
        Arguments.of(Net.ALL_CNN, new Adam(1e-3), "optimizer_adam_f32", 1, 7 * (KERNELS + BIASES)),
        Arguments.of(Net.ALL_CNN, Fop.over(DESCENT), "fop_", 3, (2 + 3) * KERNELS),
        Arguments.of(Net.ALL_CNN, Fop.over(DESCENT), "optimizer_sgd_f32", 1, 3 * BIASES),
        Arguments.of(Net.ALL_CNN, Fop.over(MOMENTUM), "fop_", 3, (2 + 5) * KERNELS),
        Arguments.of(Net.ALL_CNN, Fop.over(MOMENTUM), "optimizer_sgd_f32", 1, 5 * BIASES));
  }

  @ParameterizedTest
  @MethodSource("updates")
  void anUpdateOfAllLayersMovesLittleMoreThanItMust(
      Net net, Rule rule, String kernels, int launches, long floats) {
    List<LaunchLog.Line> update =
        step(net, rule).stream().filter(line -> line.name().startsWith(kernels)).toList();
    assertEquals(launches, update.size());
    long moved = update.stream().mapToLong(LaunchLog.Line::moved).sum();
    double ofFloor = (double) moved / (floats * Float.BYTES);
    assertTrue(ofFloor >= 1 && ofFloor <= MOST_OF_FLOOR, moved + " bytes, " + ofFloor);
  }

  /**
   * Batch and labels are sent and copied, a graph is launched, loss and watched labels are read,
   * the table of the update is sent, and one launch updates.
   */
  @Test
  void aGraphTakesFewCallsOfTheHost() {
    List<LaunchLog.Line> step =
        StepTable.step(Net.MNIST, MOMENTUM, Trainer::graph).stream()
            .filter(line -> line.count("graph") > 0 || !line.name().startsWith("cuMemset"))
            .toList();
    assertEquals(9, StepTable.calls(step));
  }

  /** A loss is read, labels are watched; the batch and the table of the update are sent. */
  @Test
  void momentumCopiesTheBatchTheTableAndTheLoss() {
    List<LaunchLog.Line> copies =
        step(Net.MNIST, MOMENTUM).stream()
            .filter(line -> line.name().startsWith("cuMemcpy")) // tests fill what is used again
            .toList();
    assertEquals(
        List.of(
            "cuMemcpyHtoDAsync",
            "cuMemcpyHtoDAsync",
            "cuMemcpyDtoHAsync",
            "cuMemcpyDtoHAsync",
            "cuMemcpyHtoDAsync"),
        copies.stream().map(LaunchLog.Line::name).toList());
    assertEquals(
        List.of(16 * 784 * 4L, 16 * 4L, 4L, 8L, 8 * 64L),
        copies.stream().map(LaunchLog.Line::floor).toList());
  }
}
