package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.data.ArrayDataset;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.optim.Adagrad;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.save.Checkpoint;
import org.hypergrad.nn.save.CheckpointException;
import org.hypergrad.nn.save.Progress;
import org.hypergrad.nn.train.Callback;
import org.hypergrad.nn.train.DivergenceException;
import org.hypergrad.nn.train.EpochResult;
import org.hypergrad.nn.train.StepResult;
import org.hypergrad.nn.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** FOP in a whole training: a small convolutional network with batch norm and dropout. */
class TrainingTest {
  private static final int EXAMPLES = 20;
  private static final Sgd MOMENTUM = new Sgd(0.05).momentum(0.5);

  @TempDir private Path folder;

  private static Module network(long seed) {
    Generator random = new Generator(seed);
    return Sequential.of(
        Conv2d.builder(1, 4, 3).padding(1).withoutBias().build(random),
        new BatchNorm2d(4),
        Activation.relu(),
        new Conv2d(random, 4, 2, 1),
        new Flatten(),
        new Dropout(new Generator(seed), 0.2),
        new Linear(random, 50, 3));
  }

  /** Noise whose mean depends on the class. */
  private static Loader images() {
    SplittableRandom random = new SplittableRandom(4);
    float[] pixels = new float[EXAMPLES * 25];
    int[] labels = new int[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++) {
      labels[i] = i % 3;
      for (int j = 0; j < 25; j++) {
        pixels[i * 25 + j] = (float) (random.nextDouble() + labels[i] - 1);
      }
    }
    return Loader.of(ArrayDataset.labelled(pixels, Shape.of(1, 5, 5), labels, 3), 6)
        .shuffle(2)
        .threads(1);
  }

  static Stream<Arguments> rules() {
    Preconditioner low = Preconditioner.lowRank(3);
    Fop paper = Fop.over(MOMENTUM);
    StandardRule nesterov = MOMENTUM.withNesterov().weightDecay(0.01);
    return Stream.of(
        Arguments.of("paper", paper),
        Arguments.of("paper, plain rho", paper.hyper(new Sgd(1e-3))),
        Arguments.of("paper, M by momentum", paper.hyper(new Sgd(1e-3).momentum(0.9))),
        Arguments.of("direction", paper.preset(Preset.DIRECTION)),
        Arguments.of("direction on Nesterov", Fop.over(nesterov).preset(Preset.DIRECTION)),
        Arguments.of("direction on Adam", Fop.over(new Adam(0.01)).preset(Preset.DIRECTION)),
        Arguments.of("paper on AdamW", Fop.over(Adam.adamW(0.01, 0.1))),
        Arguments.of("paper on RMSProp", Fop.over(new RmsProp(0.01).momentum(0.5))),
        Arguments.of("paper on Adagrad", Fop.over(new Adagrad(0.05))),
        Arguments.of("M first", paper.order(Order.M_FIRST)),
        Arguments.of("H at the previous M", paper.hypergradientAt(HypergradientAt.PREVIOUS_M)),
        Arguments.of("cached velocity", paper.velocity(0.5)),
        Arguments.of("norm, plain", paper.norm(Norm.PLAIN)),
        Arguments.of("norm, exact", paper.norm(Norm.EXACT)),
        Arguments.of("low rank", paper.where(Selector.name("6.*"), low)),
        Arguments.of(
            "sparse and within limits",
            paper.keepLength().learning(Learning.PLAIN.withoutScale().every(2).clip(0.1).cap(2))),
        Arguments.of("convergence", paper.convergence(new Convergence(0.9, 20))),
        Arguments.of("S-HD", Shd.over(MOMENTUM)),
        Arguments.of("PP-HD", Pphd.over(MOMENTUM)));
  }

  private interface Body<T> {
    T run(Module model, Optimizer optimizer, Trainer trainer);
  }

  private static <T> T with(Device device, Rule rule, long seed, Body<T> body) {
    return with(device, () -> network(seed), rule, body);
  }

  private static <T> T with(Device device, Supplier<Module> network, Rule rule, Body<T> body) {
    return device.call(
        () ->
            Scope.call(
                () -> {
                  try (Module model = network.get();
                      Optimizer optimizer = Optimizer.of(rule, model.parameters())) {
                    Trainer trainer = new Trainer(model, Loss.crossEntropy(), optimizer);
                    return body.run(model, optimizer, trainer);
                  }
                }));
  }

  private static double[] weights(Module model) {
    return Stream.concat(
            model.parameters().stream().map(Parameter::value), model.buffers().values().stream())
        .flatMapToDouble(w -> Arrays.stream(w.toDoubles()))
        .toArray();
  }

  /** Saved in the middle of the second epoch; the other network starts from other weights. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void goesOnFromAFileWithTheSameBits(String name, Rule rule) {
    Path file = folder.resolve("training.safetensors");
    for (Device device : List.of(Device.reference(), Device.cpu())) {
      double[] unbroken =
          with(
              device,
              rule,
              1,
              (model, _, trainer) -> {
                trainer.fit(images(), 3);
                return weights(model);
              });
      with(
          device,
          rule,
          1,
          (model, optimizer, trainer) -> {
            trainer.maxSteps(6).fit(images(), 3);
            new Checkpoint(model, optimizer).save(file, Progress.of(trainer.progress()));
            return null;
          });
      double[] resumed =
          with(
              device,
              rule,
              7,
              (model, optimizer, trainer) -> {
                trainer.resume(new Checkpoint(model, optimizer).restore(file).numbers());
                trainer.fit(images(), 3);
                return weights(model);
              });
      assertArrayEquals(unbroken, resumed, name + " on " + device);
      double[] plain =
          with(
              device,
              MOMENTUM,
              1,
              (model, _, trainer) -> {
                trainer.fit(images(), 3);
                return weights(model);
              });
      assertFalse(Arrays.equals(plain, resumed), name + " does something");
    }
  }

  @Test
  void anotherRankDoesNotFitTheFile() {
    Path file = folder.resolve("rank.safetensors");
    Fop fop = Fop.over(MOMENTUM);
    with(
        Device.cpu(),
        fop.where(Selector.name("6.*"), Preconditioner.lowRank(3)),
        1,
        (model, optimizer, trainer) -> {
          trainer.fit(images(), 1);
          new Checkpoint(model, optimizer).save(file, Progress.of(trainer.progress()));
          return null;
        });
    CheckpointException refusal =
        assertThrows(
            CheckpointException.class,
            () ->
                with(
                    Device.cpu(),
                    fop.where(Selector.name("6.*"), Preconditioner.lowRank(4)),
                    1,
                    (model, optimizer, _) -> new Checkpoint(model, optimizer).restore(file)));
    assertTrue(
        refusal.problems().stream().anyMatch(p -> p.contains("rank=3")), refusal::getMessage);
  }

  /** The loss of finite value whose gradient is NaN: the root of 0, in these steps of a run. */
  private static Loss rootOfZeroAt(int... steps) {
    int[] step = new int[1];
    return (output, target) -> {
      step[0]++;
      Tensor loss = Loss.crossEntropy().apply(output, target);
      boolean bad = Arrays.stream(steps).anyMatch(s -> s == step[0]);
      return bad ? loss.add(output.sub(output.detach()).square().sum().sqrt()) : loss;
    };
  }

  private static void fit(Device device, Loss loss, BiConsumer<Trainer, Optimizer> body) {
    with(
        device,
        Fop.over(MOMENTUM),
        1,
        (model, optimizer, _) -> {
          body.accept(new Trainer(model, loss, optimizer), optimizer);
          assertTrue(Arrays.stream(weights(model)).allMatch(Double::isFinite));
          return null;
        });
  }

  /** The trainer stops where a loss is not finite; where a gradient alone is not, the rule acts. */
  @Test
  void aTrainerPassesOverGradientsThatAreNotFinite() {
    for (Device device : List.of(Device.reference(), Device.cpu())) {
      fit(
          device,
          rootOfZeroAt(2, 3, 6),
          (trainer, optimizer) -> {
            List<EpochResult> epochs = trainer.fit(images(), 2);
            assertTrue(Double.isFinite(epochs.getLast().trainLoss()));
            assertEquals(8, optimizer.steps());
            for (Parameter p : optimizer.parameters()) {
              assertEquals(3, optimizer.state(p.name()).counter("skipped"), p.name());
            }
          });
      fit(
          device,
          rootOfZeroAt(2, 3, 4),
          (trainer, optimizer) -> {
            FopException e = assertThrows(FopException.class, () -> trainer.fit(images(), 2));
            assertEquals("gradient is not finite, 3 times in a row", e.problem());
            assertEquals(3, optimizer.steps());
          });
      Loss infinite =
          (output, target) -> rootOfZeroAt().apply(output, target).div(output.mul(0).sum());
      fit(
          device,
          infinite,
          (trainer, _) -> assertThrows(DivergenceException.class, () -> trainer.fit(images(), 1)));
    }
  }

  /** Limiting their norm would spread what is not finite over all gradients. */
  @Test
  void aTrainerWithALimitStopsAtAGradientThatIsNotFinite() {
    fit(
        Device.cpu(),
        rootOfZeroAt(2),
        (trainer, _) ->
            assertThrows(ArgumentException.class, () -> trainer.clip(1).fit(images(), 1)));
  }

  /** Live bytes after the first steps are those after the last. */
  @Test
  void tenThousandStepsStayFlat() {
    long[] live = new long[2];
    with(
        Device.cpu(),
        () -> Sequential.of(new Flatten(), new Linear(new Generator(1), 25, 3)),
        Fop.over(new Sgd(1e-3).momentum(0.9)).preset(Preset.DIRECTION).hyper(new Adam(1e-7)),
        (_, _, trainer) ->
            trainer
                .callback(
                    new Callback() {
                      @Override
                      public void stepped(Trainer t, StepResult step) {
                        if (step.step() == 10) {
                          live[0] = Device.cpu().memory().live();
                        } else if (step.step() == 10_000) {
                          live[1] = Device.cpu().memory().live();
                        }
                      }
                    })
                .maxSteps(10_000)
                .fit(images(), 10_000));
    assertTrue(live[0] > 0);
    assertEquals(live[0], live[1]);
  }

  @Test
  void fiftyModelsLeaveNothingBehind() {
    for (Device device : List.of(Device.reference(), Device.cpu())) {
      long before = device.memory().live();
      for (int i = 0; i < 50; i++) {
        with(
            device,
            Fop.over(new Adam(1e-3)),
            i,
            (_, _, trainer) -> trainer.maxSteps(3).fit(images(), 1));
        assertEquals(before, device.memory().live(), device + " after model " + i);
      }
    }
  }
}
