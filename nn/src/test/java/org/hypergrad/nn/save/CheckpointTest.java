package org.hypergrad.nn.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.optim.Adagrad;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointTest {
  private static final Adam ADAM = new Adam(0.01);
  private static final Progress NONE = Progress.of(Map.of());

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("a.safetensors");
  }

  static Stream<Arguments> rules() {
    Sgd momentum = new Sgd(0.1).momentum(0.9);
    RmsProp rms = new RmsProp(0.01);
    List<Rule> all =
        List.of(
            new Sgd(0.1),
            new Sgd(0.1).weightDecay(0.01),
            momentum,
            momentum.dampening(0.5),
            momentum.withNesterov().weightDecay(0.01),
            rms,
            rms.withCentering().momentum(0.9).weightDecay(0.01),
            new Adagrad(0.1),
            new Adagrad(0.1).rateDecay(0.1).first(0.1).weightDecay(0.01),
            ADAM,
            ADAM.betas(0.8, 0.9).weightDecay(0.01),
            Adam.adamW(0.01, 0.1));
    return all.stream()
        .flatMap(
            rule -> Stream.of(Device.reference(), Device.cpu()).map(d -> Arguments.of(rule, d)));
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("rules")
  void goingOnIsAsNotStopping(Rule rule, Device device) {
    device.run(
        () -> {
          Map<String, Object> straight;
          try (Training training = new Training(rule, 1)) {
            straight = training.steps(0, 5).all();
          }
          Map<String, Object> half;
          try (Training training = new Training(rule, 1)) {
            half = training.steps(0, 2).all();
            training.checkpoint.save(file, NONE);
            assertEquals(half, training.all(), "saving changes nothing");
          }
          try (Training training = new Training(rule, 2)) {
            assertEquals(NONE, training.checkpoint.restore(file));
            assertEquals(half, training.all());
            assertEquals(straight, training.steps(2, 5).all());
          }
        });
  }

  @Test
  void whatWasThereBeforeIsForgotten() {
    Device.reference()
        .run(
            () -> {
              Rule rule = new Sgd(0.1).momentum(0.9);
              try (Training fresh = new Training(rule, 1);
                  Training old = new Training(rule, 2)) {
                fresh.checkpoint.save(file, NONE);
                old.steps(0, 3);
                old.optimizer.state("first.bias").setCounter("stale", 3);
                old.checkpoint.restore(file);
                assertEquals(fresh.all(), old.all());
                assertTrue(old.optimizer.state("first.bias").tensors().isEmpty());
              }
            });
  }

  @Test
  void theCallersOwnComesBack() {
    Map<String, Long> numbers = Map.of("epoch", 3L, "lossSum", Long.MIN_VALUE + 1, "größe/a", -1L);
    Progress progress = new Progress(numbers, Map.of("command", "train --lr \"1\"", "", ""));
    Device.reference()
        .run(
            () -> {
              try (Training training = new Training(ADAM, 1)) {
                training.checkpoint.save(file, progress);
                assertEquals(progress, training.checkpoint.restore(file));
              }
            });
  }

  /** A single number as a model. */
  private static final class One extends Module {
    private final Parameter p;

    One(DType dtype) {
      p = Scope.call(() -> parameter("p", Role.OTHER, Tensor.full(1, dtype, 1)));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return x.mul(p.value());
    }
  }

  private static double adamSteps(One one, Optimizer optimizer, int steps) {
    for (int i = 0; i < steps; i++) {
      Scope.run(() -> optimizer.step(Gradients.of(Map.of(one.p.value(), one.p.value().copy()))));
    }
    return one.p.value().get(0);
  }

  /** PyTorch's values in float64, for p = 1, g = p, Adam with rate .1, two steps and two more. */
  @Test
  void adamResumes() {
    Rule rule = new Adam(0.1);
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      try (One one = new One(DType.FLOAT64);
                          Optimizer adam = Optimizer.of(rule, one.parameters())) {
                        adamSteps(one, adam, 2);
                        new Checkpoint(one, adam).save(file, NONE);
                        assertEquals(0.603939063, adamSteps(one, adam, 2), 1e-9);
                      }
                      try (One one = new One(DType.FLOAT64);
                          Optimizer adam = Optimizer.of(rule, one.parameters())) {
                        new Checkpoint(one, adam).restore(file);
                        assertEquals(0.603939063, adamSteps(one, adam, 2), 1e-9);
                      }
                      try (One one = new One(DType.FLOAT64);
                          Optimizer adam = Optimizer.of(rule, one.parameters())) {
                        Weights.load(one, file);
                        assertEquals(0.600980083, adamSteps(one, adam, 2), 1e-9, "state is lost");
                      }
                    }));
  }

  private static Sequential other(Generator random) {
    return Sequential.builder()
        .add("first", new Linear(random, 4, 6))
        .add("drop2", new Dropout(random, 0.3))
        .add("last", new Linear(random, 5, 2))
        .build();
  }

  @Test
  void everyMismatchIsListedAndNothingIsChanged() {
    Device.reference()
        .run(
            () -> {
              try (Training training = new Training(ADAM, 1)) {
                training.steps(0, 1).checkpoint.save(file, Progress.of(Map.of("epoch", 1L)));
              }
              try (Sequential model = other(new Generator(1));
                  Optimizer optimizer = Optimizer.of(ADAM.epsilon(0.1), model.parameters())) {
                Map<String, List<Integer>> before = Bits.of(Weights.tensors(model));
                CheckpointException e =
                    assertThrows(
                        CheckpointException.class,
                        () -> new Checkpoint(model, optimizer).restore(file));
                String epsilons = "epsilon=" + ADAM.epsilon() + " in the file, epsilon=0.1 here";
                List<String> expected =
                    new ArrayList<>(
                        List.of(
                            "first.weight: shape differs, [4, 5] in the file, [4, 6] here",
                            "first.bias: shape differs, [5] in the file, [6] here",
                            "optimizer of first.weight, first.bias, last.weight, last.bias: "
                                + epsilons,
                            "norm.weight: has an optimizer in the file, " + ADAM + ", none here",
                            "norm.bias: has an optimizer in the file, " + ADAM + ", none here",
                            "training/generator/drop2.generator: missing in the file",
                            "training/generator/drop.generator: unexpected in the file"));
                for (String name : List.of("weight", "bias", "running_mean", "running_var")) {
                  expected.add("norm." + name + ": unexpected in the file");
                }
                for (String name : List.of("weight", "bias")) {
                  String p = "norm." + name + "/";
                  expected.add("training/counter/" + p + "step: unexpected in the file");
                  expected.add("training/state/" + p + "mean: unexpected in the file");
                  expected.add("training/state/" + p + "square: unexpected in the file");
                }
                assertEquals(
                    expected.stream().sorted().toList(), e.problems().stream().sorted().toList());
                assertEquals(before, Bits.of(Weights.tensors(model)));
                assertEquals(0, optimizer.steps());
                assertTrue(optimizer.state("first.bias").tensors().isEmpty());
                assertEquals(1, model.generators().size());
              }
            });
  }

  @Test
  void weightsAloneAreNoCheckpoint() {
    Device.reference()
        .run(
            () -> {
              try (Training training = new Training(ADAM, 1)) {
                Weights.save(training.model, file);
                CheckpointException e =
                    assertThrows(
                        CheckpointException.class, () -> training.checkpoint.restore(file));
                assertTrue(e.problems().contains("training/steps: missing in the file"));
                assertTrue(
                    e.problems().contains("first.weight: has an optimizer here, none in the file"));
              }
            });
  }

  @Test
  void aCheckpointServesAsWeights() {
    Device.reference()
        .run(
            () -> {
              try (Training training = new Training(ADAM, 1);
                  Training other = new Training(ADAM, 2)) {
                training.steps(0, 2).checkpoint.save(file, Progress.of(Map.of("epoch", 1L)));
                Weights.load(other.model, file);
                assertEquals(
                    Bits.of(Weights.tensors(training.model)),
                    Bits.of(Weights.tensors(other.model)));
              }
            });
  }

  @Test
  void anotherRateIsAllowedIfAsked() {
    Device.reference()
        .run(
            () -> {
              try (Training training = new Training(ADAM, 1);
                  Training other = new Training(new Adam(0.5), 2)) {
                training.steps(0, 2).checkpoint.save(file, NONE);
                other.checkpoint.restore(file, LoadOptions.strict().allowingOtherRules());
                assertEquals(training.all(), other.all());
              }
            });
  }

  @Test
  void stateOfARuleOfAnotherKindIsLeftOut() {
    Device.reference()
        .run(
            () -> {
              try (Training training = new Training(ADAM, 1);
                  Training other = new Training(new RmsProp(0.01), 2)) {
                training.steps(0, 2).checkpoint.save(file, NONE);
                other.steps(0, 1);
                other.checkpoint.restore(file, LoadOptions.strict().allowingOtherRules());
                assertEquals(
                    Bits.of(Weights.tensors(training.model)),
                    Bits.of(Weights.tensors(other.model)));
                assertTrue(other.optimizer.state("last.weight").tensors().isEmpty());
                assertTrue(other.optimizer.state("last.weight").counters().isEmpty());
                assertEquals(2, other.optimizer.steps());
              }
            });
  }

  @Test
  void stateIsConvertedWithItsParameter() {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      try (One one = new One(DType.FLOAT64);
                          Optimizer adam = Optimizer.of(ADAM, one.parameters())) {
                        adamSteps(one, adam, 2);
                        new Checkpoint(one, adam).save(file, NONE);
                      }
                    }));
    Device.cpu()
        .run(
            () -> {
              try (One one = new One(DType.FLOAT32);
                  Optimizer adam = Optimizer.of(ADAM, one.parameters())) {
                Checkpoint checkpoint = new Checkpoint(one, adam);
                CheckpointException e =
                    assertThrows(CheckpointException.class, () -> checkpoint.restore(file));
                assertEquals("p: type differs, F64 in the file, float32 here", e.problems().get(0));
                checkpoint.restore(file, LoadOptions.strict().converting());
                for (Tensor t : adam.state("p").tensors().values()) {
                  assertEquals(DType.FLOAT32, t.dtype());
                }
                adamSteps(one, adam, 1);
              }
            });
  }

  /** What is logged while {@code body} runs. */
  private static List<String> logged(Runnable body) {
    List<String> lines = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            lines.add(line.getLevel() + " " + new SimpleFormatter().formatMessage(line));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(Checkpoint.class.getName());
    logger.addHandler(handler);
    try {
      body.run();
    } finally {
      logger.removeHandler(handler);
    }
    return lines;
  }

  @Test
  void warnsOnAnotherDeviceOrThreadCount() {
    Map<String, Object> saved = new LinkedHashMap<>();
    int threads = Device.cpu().threads();
    Device.cpu()
        .run(
            () -> {
              try (Training training = new Training(ADAM, 1)) {
                saved.putAll(training.steps(0, 2).all());
                training.checkpoint.save(file, NONE);
                assertEquals(List.of(), logged(() -> training.checkpoint.restore(file)));
                Device.cpu().setThreads(threads + 1);
                assertEquals(
                    List.of(
                        "WARNING "
                            + file
                            + " was saved on cpu with "
                            + threads
                            + " threads and goes on on cpu with "
                            + (threads + 1)
                            + " threads: last bits may differ"),
                    logged(() -> training.checkpoint.restore(file)));
              } finally {
                Device.cpu().setThreads(threads);
              }
            });
    Device.reference()
        .run(
            () -> {
              try (Training training = new Training(ADAM, 2)) {
                assertEquals(1, logged(() -> training.checkpoint.restore(file)).size());
                assertEquals(saved, training.all());
                training
                    .optimizer
                    .state("last.bias")
                    .tensors()
                    .values()
                    .forEach(t -> assertEquals(Device.reference(), t.device()));
              }
            });
  }

  @Test
  void aDamagedFileChangesNothing() {
    Device.reference()
        .run(
            () -> {
              try (Training training = new Training(ADAM, 1);
                  Training other = new Training(ADAM, 2)) {
                training.steps(0, 2).checkpoint.save(file, NONE);
                flipLastBit();
                Map<String, Object> before = other.steps(0, 1).all();
                assertNotEquals(training.all(), before);
                assertThrows(CheckpointException.class, () -> other.checkpoint.restore(file));
                assertEquals(before, other.all());
              }
            });
  }

  private void flipLastBit() {
    try {
      byte[] content = Files.readAllBytes(file);
      content[content.length - 1] ^= 1;
      Files.write(file, content);
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  @Test
  void ignoredParametersKeepTheirState() {
    Device.reference()
        .run(
            () -> {
              try (Training training = new Training(ADAM, 1);
                  Training other = new Training(ADAM, 2)) {
                training.steps(0, 2).checkpoint.save(file, NONE);
                Map<String, Object> expected = new TreeMap<>(training.all());
                other
                    .steps(0, 1)
                    .all()
                    .forEach(
                        (name, v) ->
                            expected.compute(name, (n, was) -> n.contains("last") ? v : was));
                other.checkpoint.restore(file, LoadOptions.strict().ignoring("last.*"));
                assertEquals(expected, other.all());
              }
            });
  }

  @Test
  void parametersWithSlashesAreRefused() {
    Device.reference()
        .run(
            () -> {
              Linear inside = new Linear(new Generator(1), 2, 2);
              try (Sequential model = Sequential.builder().add("a/b", inside).build();
                  Optimizer optimizer = Optimizer.of(ADAM, model.parameters())) {
                assertThrows(ArgumentException.class, () -> new Checkpoint(model, optimizer));
              }
            });
  }

  @Test
  void theOptimizerIsTheModels() {
    Device.reference()
        .run(
            () -> {
              try (Training a = new Training(ADAM, 1);
                  Training b = new Training(ADAM, 1)) {
                assertThrows(ArgumentException.class, () -> new Checkpoint(a.model, b.optimizer));
              }
            });
  }
}
