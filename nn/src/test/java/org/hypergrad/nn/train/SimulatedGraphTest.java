package org.hypergrad.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.kernels.Simulated;
import org.hypergrad.kernels.SimulatedDriver;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.data.ArrayDataset;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.BatchNorm1d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.api.Test;

/** What a graph must notice, and what it refuses, on the simulated GPU. */
@Simulated
class SimulatedGraphTest {
  private static final int EXAMPLES = 24;

  private static Sequential network(Module... more) {
    Generator random = new Generator(3);
    List<Module> modules =
        new ArrayList<>(
            List.of(
                new Linear(random, 3, 16),
                new BatchNorm1d(16),
                Activation.tanh(),
                new Dropout(random, 0.3)));
    modules.addAll(List.of(more));
    modules.add(new Linear(random, 16, 2));
    return Sequential.of(modules.toArray(Module[]::new));
  }

  /** Batches of {@code size}, and a last one of what is left. */
  private static Loader points(int size) {
    float[] points = new float[3 * EXAMPLES];
    int[] labels = new int[EXAMPLES];
    for (int i = 0; i < points.length; i++) {
      points[i] = (float) Math.sin(1.7 * i);
    }
    Arrays.setAll(labels, i -> i % 2);
    return Loader.of(ArrayDataset.labelled(points, Shape.of(3), labels, 2), size).shuffle(5);
  }

  /** Losses of all steps, then the running means. */
  private static double[] train(
      boolean graph, Module more, Consumer<Trainer> fit, BiConsumer<Trainer, Long> afterStep) {
    List<Double> losses = new ArrayList<>();
    return Device.simulated()
        .call(
            () ->
                Scope.call(
                    () -> {
                      try (Sequential model = more == null ? network() : network(more);
                          Optimizer optimizer =
                              Optimizer.of(new Sgd(0.1).momentum(0.9), model.parameters())) {
                        Trainer trainer = new Trainer(model, Loss.crossEntropy(), optimizer);
                        trainer.callback(
                            new Callback() {
                              @Override
                              public void stepped(Trainer of, StepResult step) {
                                losses.add(step.loss());
                                afterStep.accept(of, step.step());
                              }
                            });
                        fit.accept(graph ? trainer.graph() : trainer);
                        for (double mean : model.buffers().get("1.running_mean").toDoubles()) {
                          losses.add(mean);
                        }
                      }
                      return losses.stream().mapToDouble(Double::doubleValue).toArray();
                    }));
  }

  /** Steps of graphs among those of a training that has the same bits without. */
  private static long graphsOf(Consumer<Trainer> fit, BiConsumer<Trainer, Long> afterStep) {
    double[] expected = train(false, null, fit, afterStep);
    SimulatedDriver.clearLog();
    assertArrayEquals(expected, train(true, null, fit, afterStep));
    return SimulatedDriver.log()
        .lines()
        .skip(1)
        .map(line -> line.split(","))
        .map(columns -> columns[columns.length - 2])
        .filter(graph -> !graph.equals("0"))
        .distinct()
        .count();
  }

  /** Of three epochs of 2 + 1 steps: all whole batches but the first of all. */
  @Test
  void aSmallerBatchPassesWithoutTheGraph() {
    assertEquals(5, graphsOf(trainer -> trainer.fit(points(10), 3), (_, _) -> {}));
  }

  @Test
  void evaluationAndAccumulationGoBesideIt() {
    assertEquals(
        2 * 6 - 1,
        graphsOf(
            trainer -> trainer.accumulate(2).clip(0.5).fit(points(4), points(7), 2), (_, _) -> {}));
  }

  /** Batch norm is frozen after step 4: step 5 passes without, 6 is the first of another graph. */
  @Test
  void aModuleInAnotherModeHasAnotherGraph() {
    assertEquals(
        3 + 6,
        graphsOf(
            trainer -> trainer.fit(points(8), 4),
            (trainer, step) -> {
              if (step == 4) {
                trainer.model().children().get("1").eval();
              }
            }));
  }

  /** The second fit has a graph of its own, of its own batches. */
  @Test
  void aFitWithOtherBatchesHasAnotherGraph() {
    assertEquals(
        2 + 3,
        graphsOf(
            trainer -> {
              trainer.fit(points(8), 1);
              trainer.fit(points(6), 2);
            },
            (_, _) -> {}));
  }

  @Test
  void aModuleThatReadsAValueIsNamed() {
    Module reading =
        Activation.of(
            "Reading", x -> x.mean().item() > 0 ? x : x.mul(2)); // decides by what it computes
    DeviceException refused =
        assertThrows(
            DeviceException.class,
            () -> train(true, reading, trainer -> trainer.fit(points(8), 2), (_, _) -> {}));
    assertTrue(refused.getMessage().contains("cannot be captured: a value is read"), refused + "");
    assertTrue(refused.getMessage().contains("in Sequential.4"), refused.getMessage());
  }

  @Test
  void aLossThatIsNotFiniteStopsBeforeTheStep() {
    long[] taken = new long[1];
    DivergenceException diverged =
        assertThrows(
            DivergenceException.class,
            () ->
                train(
                    true,
                    null,
                    trainer -> trainer.fit(points(8), 2),
                    (trainer, step) -> {
                      taken[0] = step;
                      if (step == 4) {
                        trainer.model().parameters().getLast().value().fill(Double.NaN);
                      }
                    }));
    assertEquals(4, taken[0]);
    assertTrue(diverged.getMessage().contains("step 5"), diverged.getMessage());
  }

  @Test
  void aProcessorHasNone() {
    Device.cpu()
        .run(
            () -> {
              try (Sequential model = network();
                  Optimizer optimizer = Optimizer.of(new Sgd(0.1), model.parameters())) {
                Trainer trainer = new Trainer(model, Loss.crossEntropy(), optimizer);
                DeviceException refused = assertThrows(DeviceException.class, trainer::graph);
                assertTrue(refused.getMessage().contains("got cpu; expected a GPU"), refused + "");
              }
            });
  }
}
