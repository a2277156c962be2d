package org.hypergrad.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.data.ArrayDataset;
import org.hypergrad.nn.data.Dataset;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.BatchNorm1d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.api.Test;

class TrainerTest {
  private static final int EXAMPLES = 50;

  /** Points of the plane; the class is whether they lie in the unit circle. */
  private static Dataset circle() {
    SplittableRandom random = new SplittableRandom(7);
    float[] points = new float[2 * EXAMPLES];
    int[] labels = new int[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++) {
      points[2 * i] = (float) random.nextDouble(-1.5, 1.5);
      points[2 * i + 1] = (float) random.nextDouble(-1.5, 1.5);
      labels[i] = Math.hypot(points[2 * i], points[2 * i + 1]) < 1 ? 1 : 0;
    }
    return ArrayDataset.labelled(points, Shape.of(2), labels, 2);
  }

  private static Sequential network() {
    Generator random = new Generator(3);
    return Sequential.of(new Linear(random, 2, 16), Activation.tanh(), new Linear(random, 16, 2));
  }

  private static Loader batches(int size) {
    return Loader.of(circle(), size).shuffle(5);
  }

  /** Gives the trainer of a fresh network, and what {@code body} returns. */
  private static <T> T with(Rule rule, Function<Trainer, T> body) {
    return Scope.call(
        () -> {
          try (Sequential model = network();
              Optimizer optimizer = Optimizer.of(rule, model.parameters())) {
            return body.apply(new Trainer(model, Loss.crossEntropy(), optimizer));
          }
        });
  }

  private static double[] weights(Module model) {
    return model.parameters().stream()
        .map(Parameter::value)
        .flatMapToDouble(w -> Arrays.stream(w.toDoubles()))
        .toArray();
  }

  @Test
  void learns() {
    EpochResult last =
        with(
            new Sgd(0.3).momentum(0.9),
            t -> t.metric(Metric.accuracy()).fit(batches(8), batches(16), 60).getLast());
    assertTrue(last.validation().get("accuracy") >= 0.96, last::toString);
    assertTrue(last.trainLoss() < 0.2, last::toString);
    assertEquals(EXAMPLES, last.validation().examples());
    assertEquals(60, last.epoch());
    assertEquals(60 * 7, last.step());
  }

  @Test
  void sameSeedSameBitsWithAnyNumberOfThreads() {
    double[] first = trained(batches(8));
    assertArrayEquals(first, trained(batches(8)));
    assertArrayEquals(first, trained(batches(8).threads(1)));
    assertArrayEquals(first, trained(batches(8).threads(3)));
    assertFalse(Arrays.equals(first, trained(Loader.of(circle(), 8).shuffle(6))));
  }

  private static double[] trained(Loader loader) {
    return with(
        new Sgd(0.1),
        t -> {
          t.fit(loader, 3);
          return weights(t.model());
        });
  }

  @Test
  void goesOnWithinAnEpochAndToTheEnd() {
    List<EpochResult> whole = new ArrayList<>();
    double[] unbroken =
        with(
            new Sgd(0.1),
            t -> {
              whole.addAll(t.fit(batches(8), 3));
              return weights(t.model());
            });
    List<EpochResult> parts = new ArrayList<>();
    double[] broken =
        with(
            new Sgd(0.1),
            t -> {
              t.maxSteps(10).fit(batches(8), 3);
              Trainer other = new Trainer(t.model(), Loss.crossEntropy(), t.optimizer());
              other.resume(t.progress());
              parts.addAll(other.fit(batches(8), 3));
              return weights(t.model());
            });
    assertArrayEquals(unbroken, broken);
    assertEquals(2, parts.size());
    assertEquals(whole.get(1).trainLoss(), parts.get(0).trainLoss());
    assertEquals(whole.get(2).step(), parts.get(1).step());
  }

  @Test
  void stopsWhereItIsTold() {
    with(
        new Sgd(0.1),
        t -> {
          t.callback(
              new Callback() {
                @Override
                public void stepped(Trainer trainer, StepResult step) {
                  if (step.step() == 9) {
                    assertEquals(new StepResult(2, 2, 7, 9, 8, step.loss()), step);
                    trainer.stop();
                  }
                }
              });
          assertEquals(List.of(1L, 2L), t.fit(batches(8), 5).stream().map(e -> e.epoch()).toList());
          assertEquals(9, t.optimizer().steps());
          assertEquals(1, t.epoch());
          t.maxSteps(12).fit(batches(8), 5);
          assertEquals(12, t.optimizer().steps());
          return null;
        });
  }

  /** Ends training by an exception in the second batch of the evaluation at step {@code at}. */
  private static final class Leaves implements Callback {
    private final long at;
    private final List<Long> seen = new ArrayList<>();

    private Leaves(long at) {
      this.at = at;
    }

    @Override
    public void evaluated(Trainer trainer, long examples, long all) {
      assertEquals(EXAMPLES, all);
      seen.add(examples);
      if (trainer.optimizer().steps() == at && examples == 40) {
        throw new IllegalStateException("enough");
      }
    }
  }

  private static List<EpochResult> left(int at, long maxSteps) {
    List<EpochResult> results = new ArrayList<>();
    with(
        new Sgd(0.1),
        t -> {
          Leaves leaves = new Leaves(at);
          Trainer first = t.maxSteps(maxSteps).callback(leaves);
          IllegalStateException e =
              assertThrows(
                  IllegalStateException.class, () -> first.fit(batches(8), batches(20), 2));
          assertEquals("enough", e.getMessage());
          assertEquals(at, t.optimizer().steps());
          assertTrue(t.model().isTraining());
          Trainer second =
              new Trainer(t.model(), Loss.crossEntropy(), t.optimizer()).maxSteps(maxSteps);
          second.resume(first.progress());
          results.addAll(second.fit(batches(8), batches(20), 2));
          assertEquals(List.of(), second.fit(batches(8), batches(20), 2));
          return null;
        });
    return results;
  }

  /** Left within its evaluation, at the end of an epoch and at the end of all within one. */
  @Test
  void anEvaluationThatWasLeftIsDoneAgain() {
    List<EpochResult> whole = new ArrayList<>();
    with(new Sgd(0.1), t -> whole.addAll(t.maxSteps(9).fit(batches(8), batches(20), 2)));
    assertEquals(2, whole.size());
    assertSame(whole, left(7, 9));
    assertSame(whole.subList(1, 2), left(9, 9));
  }

  private static void assertSame(List<EpochResult> expected, List<EpochResult> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      EpochResult e = expected.get(i);
      EpochResult a = actual.get(i);
      assertEquals(e.epoch(), a.epoch());
      assertEquals(e.complete(), a.complete());
      assertEquals(e.step(), a.step());
      assertEquals(e.trainLoss(), a.trainLoss());
      assertEquals(e.validation(), a.validation());
    }
  }

  /** Sums of batches of 8, 8 and so on to 2, weighted, are the whole set of 50. */
  @Test
  void accumulatedBatchesMakeTheStepOfALargeOne() {
    double[] large =
        with(
            new Sgd(0.1),
            t -> {
              t.fit(batches(EXAMPLES), 2);
              return weights(t.model());
            });
    double[] small =
        with(
            new Sgd(0.1),
            t -> {
              EpochResult last = t.accumulate(7).fit(batches(8), 2).getLast();
              assertEquals(2, last.step());
              return weights(t.model());
            });
    assertArrayEquals(large, small, 1e-6);
    assertThrows(ArgumentException.class, () -> with(new Sgd(0.1), t -> t.accumulate(0)));
  }

  @Test
  void theLastWindowOfAnEpochMayBeShorter() {
    long steps = with(new Sgd(0.1), t -> t.accumulate(3).fit(batches(8), 2).getLast().step());
    assertEquals(2 * 3, steps);
  }

  /** With a limit on the gradient's norm, a step has at most that length. */
  @Test
  void clipsTheStep() {
    double[] start = with(new Sgd(1), t -> weights(t.model()));
    double[] end =
        with(
            new Sgd(1),
            t -> {
              t.clip(1e-3).maxSteps(1).fit(batches(8), 1);
              return weights(t.model());
            });
    double square = 0;
    for (int i = 0; i < start.length; i++) {
      square += (end[i] - start[i]) * (end[i] - start[i]);
    }
    assertEquals(1e-3, Math.sqrt(square), 2e-6);
  }

  @Test
  void trainLossIsTheMeanOverExamples() {
    List<StepResult> steps = new ArrayList<>();
    EpochResult epoch =
        with(
            new Sgd(0.1),
            t ->
                t.callback(
                        new Callback() {
                          @Override
                          public void stepped(Trainer trainer, StepResult step) {
                            steps.add(step);
                          }
                        })
                    .fit(batches(8), 1)
                    .getFirst());
    double sum = 0;
    for (int i = 0; i < 7; i++) {
      sum += steps.get(i).loss() * (i < 6 ? 8 : 2);
    }
    assertEquals(sum / EXAMPLES, epoch.trainLoss(), 1e-12);
  }

  /** Uneven batches must not change a mean, and dropout must not drop. */
  @Test
  void evaluationCountsEachExampleOnceInEvaluationMode() {
    Scope.run(
        () -> {
          Generator random = new Generator(1);
          try (Sequential model =
                  Sequential.of(new Dropout(new Generator(9), 0.5), new Linear(random, 2, 2));
              Optimizer optimizer = Optimizer.of(new Sgd(0.1), model.parameters())) {
            Trainer trainer =
                new Trainer(model, Loss.crossEntropy(), optimizer).metric(Metric.accuracy());
            Evaluation whole = trainer.evaluate(batches(EXAMPLES));
            Evaluation parts = trainer.evaluate(batches(7));
            assertEquals(whole.loss(), parts.loss(), 1e-6);
            assertEquals(whole.get("accuracy"), parts.get("accuracy"), 1e-6);
            assertTrue(model.isTraining());
            assertThrows(ArgumentException.class, () -> whole.get("recall"));
            model.eval();
            trainer.evaluate(batches(7));
            assertFalse(model.isTraining());
          }
        });
  }

  @Test
  void accuracyCountsTheLargestLogit() {
    Scope.run(
        () -> {
          Tensor logits = Tensor.of(new float[] {1, 2, 0, 5, 4, 3, 0, 0, 1}, 3, 3);
          Tensor labels = Tensor.of(new int[] {1, 2, 2}, 3);
          double accuracy = Metric.accuracy().of().applyAsDouble(logits, labels);
          assertEquals(2 / 3.0, accuracy, 1e-7);
        });
  }

  @Test
  void namesTheParameterThatWentBad() {
    DivergenceException e =
        assertThrows(
            DivergenceException.class, () -> with(new Sgd(1e38), t -> t.fit(batches(8), 3)));
    assertTrue(e.step() >= 2 && e.step() <= 5, e::getMessage);
    assertTrue(
        e.tensor().startsWith("parameter ") || e.tensor().startsWith("output of "), e::getMessage);
    assertEquals("try a learning rate below 1.0E38", e.hint());
  }

  /** The batch that overflows spoils the running statistics on its way; they are not the cause. */
  @Test
  void namesTheLayerBeforeABatchNorm() {
    Scope.run(
        () -> {
          Generator random = new Generator(1);
          try (Module model =
                  Sequential.of(
                      new Linear(random, 2, 4), new BatchNorm1d(4), new Linear(random, 4, 2));
              Optimizer optimizer = Optimizer.of(new Sgd(0.1), model.parameters())) {
            model.parameters().getFirst().value().fill(3e38);
            Trainer trainer = new Trainer(model, Loss.crossEntropy(), optimizer);
            DivergenceException e =
                assertThrows(DivergenceException.class, () -> trainer.fit(batches(8), 1));
            assertEquals("output of 0 (Linear(2, 4))", e.tensor());
          }
        });
  }

  /** What was read for a step that was not taken is read again. */
  @Test
  void aStepThatFailedLeavesNoTraceInTheProgress() {
    with(
        new Sgd(0.1),
        t -> {
          Loss loss = Loss.crossEntropy();
          int[] calls = new int[1];
          Loss spoiled =
              (output, target) -> {
                Tensor mean = loss.apply(output, target);
                return ++calls[0] == 4 ? mean.mul(Double.NaN) : mean;
              };
          Trainer trainer = new Trainer(t.model(), spoiled, t.optimizer()).accumulate(2);
          DivergenceException e =
              assertThrows(DivergenceException.class, () -> trainer.fit(batches(8), 1));
          assertTrue(e.got().endsWith("in epoch 1, batch 4"), e.got());
          assertEquals(2, trainer.progress().get("batch"));
          assertEquals(16, trainer.progress().get("lossExamples"));
          assertEquals(1, t.optimizer().steps());
          EpochResult rest = trainer.fit(batches(8), 1).getFirst();
          assertEquals(4, rest.step());
          return null;
        });
  }

  /** The last loss is finite, and the step behind it goes to infinity. */
  @Test
  void brokenParametersAtTheEndOfAnEpochAreSeen() {
    List<EpochResult> seen = new ArrayList<>();
    DivergenceException e =
        assertThrows(
            DivergenceException.class,
            () ->
                with(
                    new Sgd(1e300),
                    t ->
                        t.callback(
                                new Callback() {
                                  @Override
                                  public void epochEnded(Trainer trainer, EpochResult epoch) {
                                    seen.add(epoch);
                                  }
                                })
                            .fit(batches(EXAMPLES), 1)));
    assertEquals(1, e.step());
    assertTrue(e.tensor().startsWith("parameter "), e.getMessage());
    assertTrue(e.problem().startsWith("stopped after step 1"), e.problem());
    assertEquals(List.of(), seen);
  }

  @Test
  void refusesTheOptimizerOfAnotherModel() {
    Scope.run(
        () -> {
          try (Sequential model = network();
              Sequential other = network();
              Optimizer optimizer = Optimizer.of(new Sgd(0.1), other.parameters())) {
            Loss loss = Loss.crossEntropy();
            ArgumentException e =
                assertThrows(ArgumentException.class, () -> new Trainer(model, loss, optimizer));
            assertEquals("0.weight", e.got());
          }
        });
  }

  @Test
  void frozenModulesStayFrozen() {
    Scope.run(
        () -> {
          Generator random = new Generator(1);
          BatchNorm1d frozen = new BatchNorm1d(2);
          try (Module model = Sequential.of(frozen, new Linear(random, 2, 2));
              Optimizer optimizer = Optimizer.of(new Sgd(0.1), model.parameters())) {
            frozen.eval();
            Trainer trainer = new Trainer(model, Loss.crossEntropy(), optimizer);
            trainer.fit(batches(8), batches(8), 2);
            assertFalse(frozen.isTraining());
            assertTrue(model.isTraining());
            assertArrayEquals(new float[] {0, 0}, model.buffers().get("0.running_mean").toFloats());
            model.eval();
            trainer.fit(batches(8), 3);
            assertTrue(frozen.isTraining());
          }
        });
  }

  @Test
  void anEpochEndedEarlySaysSoAndKeepsItsTime() {
    with(
        new Sgd(0.1),
        t -> {
          EpochResult first = t.maxSteps(3).fit(batches(8), 1).getFirst();
          assertFalse(first.complete());
          EpochResult whole = t.maxSteps(100).fit(batches(8), 1).getFirst();
          assertTrue(whole.complete());
          assertEquals(1, whole.epoch());
          assertTrue(whole.seconds() > first.seconds() && first.seconds() > 0);
          return null;
        });
  }

  @Test
  void doesNotGoOnWithinAnEpochOfOtherBatches() {
    with(
        new Sgd(0.1),
        t -> {
          t.maxSteps(3).fit(batches(8), 2);
          t.maxSteps(100);
          assertThrows(ArgumentException.class, () -> t.fit(batches(16), 2));
          t.fit(batches(8), 1);
          t.fit(batches(16), 2);
          assertEquals(7 + 4, t.optimizer().steps());
          return null;
        });
  }

  @Test
  void refusesLimitsThatAreNone() {
    with(
        new Sgd(0.1),
        t -> {
          assertThrows(ArgumentException.class, () -> t.clip(-1));
          assertThrows(ArgumentException.class, () -> t.clip(Double.NaN));
          assertThrows(ArgumentException.class, () -> t.maxSteps(-1));
          return null;
        });
  }

  @Test
  void namesTheLayerThatOverflows() {
    Scope.run(
        () -> {
          try (Sequential model = network();
              Optimizer optimizer = Optimizer.of(new Sgd(0.1), model.parameters())) {
            Tensor last = model.parameters().get(2).value();
            last.fill(3e38);
            double[] before = weights(model);
            Trainer trainer = new Trainer(model, Loss.crossEntropy(), optimizer);
            DivergenceException e =
                assertThrows(DivergenceException.class, () -> trainer.fit(batches(8), 1));
            assertEquals("output of 2 (Linear(16, 2))", e.tensor());
            assertEquals(1, e.step());
            assertArrayEquals(before, weights(model), "nothing was changed");
          }
        });
  }

  @Test
  void refusesNothingToTrain() {
    Scope.run(
        () -> {
          try (Optimizer none = Optimizer.of(new Sgd(0.1), List.of())) {
            Loss loss = Loss.crossEntropy();
            assertThrows(ArgumentException.class, () -> new Trainer(Activation.relu(), loss, none));
          }
        });
  }
}
