package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.GpuDevice;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.kernels.OnGpu;
import org.hypergrad.kernels.SimulatedDriver;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
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
import org.hypergrad.nn.layer.MaxPool2d;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Schedule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.train.Callback;
import org.hypergrad.nn.train.StepResult;
import org.hypergrad.nn.train.Trainer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps by a graph are the steps op by op, to the bit. */
@OnGpu
class GpuGraphTest {
  private static final int SIDE = 28;
  private static final int CLASSES = 10;
  private static final int BATCH = 8;

  /** Of an epoch; the last is smaller than the others. */
  private static final int BATCHES = 5;

  private static final int EXAMPLES = BATCHES * BATCH - 3;
  private static final int EPOCHS = 4;

  private enum Net {
    MNIST {
      @Override
      Sequential build(Generator random) {
        return Sequential.of(
            new Flatten(),
            new Linear(random, SIDE * SIDE, 100),
            Activation.relu(),
            new Dropout(random, 0.2),
            new Linear(random, 100, 100),
            Activation.relu(),
            new Dropout(random, 0.3),
            new Linear(random, 100, 100),
            Activation.relu(),
            new Linear(random, 100, CLASSES));
      }
    },
    CONVOLUTIONAL {
      @Override
      Sequential build(Generator random) {
        return Sequential.of(
            Conv2d.builder(1, 4, 3).stride(2).padding(1).withoutBias().build(random),
            new BatchNorm2d(4),
            Activation.relu(),
            new MaxPool2d(2),
            Conv2d.builder(4, 8, 3).build(random),
            Activation.relu(),
            new Dropout(new Generator(9), 0.2),
            new Flatten(),
            new Linear(random, 8 * 5 * 5, CLASSES));
      }
    };

    abstract Sequential build(Generator random);
  }

  private static Loader images() {
    float[] pixels =
        Device.reference()
            .call(
                () ->
                    Scope.call(() -> new Generator(5).normal(1, EXAMPLES, SIDE * SIDE).toFloats()));
    int[] labels = new int[EXAMPLES];
    Arrays.setAll(labels, i -> 7 * i % CLASSES);
    Shape image = Shape.of(1, SIDE, SIDE);
    return Loader.of(ArrayDataset.labelled(pixels, image, labels, CLASSES), BATCH).shuffle(2);
  }

  static Stream<Arguments> trainings() {
    Sgd momentum = new Sgd(0.02).momentum(0.9);
    Adam adam = Adam.adamW(2e-3, 0.01);
    Fop fop = Fop.over(momentum);
    Selector dense = Selector.role(Role.DENSE_WEIGHT);
    List<Rule> forDense = List.of(momentum, adam, fop.where(dense, Preconditioner.lowRank(16)));
    List<Rule> forImages =
        List.of(
            momentum.weightDecay(1e-3),
            adam,
            Fop.over(new Sgd(0.02)),
            fop.hyper(new Sgd(1e-3)),
            Fop.over(adam).preset(Preset.DIRECTION),
            Pphd.over(momentum));
    return Stream.concat(
        forDense.stream().map(rule -> Arguments.of(Net.MNIST, rule)),
        forImages.stream().map(rule -> Arguments.of(Net.CONVOLUTIONAL, rule)));
  }

  /** All that is left of a training, by name. */
  private static Map<String, double[]> train(Net net, Rule rule, Function<Trainer, Trainer> how) {
    Map<String, double[]> seen = new LinkedHashMap<>();
    List<Double> losses = new ArrayList<>();
    GpuDevice.get()
        .run(
            () -> {
              try (Module model = net.build(new Generator(1));
                  Optimizer optimizer = Optimizer.of(rule, model.parameters())) {
                long total = EPOCHS * BATCHES;
                optimizer.schedule(Schedule.cosine(total - 3, 0.1).warmUp(3));
                how.apply(new Trainer(model, Loss.crossEntropy(), optimizer))
                    .callback(
                        new Callback() {
                          @Override
                          public void stepped(Trainer trainer, StepResult step) {
                            losses.add(step.loss());
                          }
                        })
                    .fit(images(), images(), EPOCHS);
                seen.putAll(state(model, optimizer));
              }
            });
    assertEquals(EPOCHS * BATCHES, losses.size());
    seen.put("losses", losses.stream().mapToDouble(Double::doubleValue).toArray());
    return seen;
  }

  private static Map<String, double[]> state(Module model, Optimizer optimizer) {
    Map<String, double[]> state = new TreeMap<>();
    for (Parameter p : model.parameters()) {
      state.put(p.name(), p.value().toDoubles());
      optimizer
          .state(p.name())
          .tensors()
          .forEach((key, tensor) -> state.put(p.name() + " " + key, tensor.toDoubles()));
      optimizer
          .state(p.name())
          .counters()
          .forEach((key, count) -> state.put(p.name() + " " + key, new double[] {count}));
    }
    model.buffers().forEach((name, buffer) -> state.put(name, buffer.toDoubles()));
    model.generators().forEach((name, random) -> state.put(name, new double[] {random.stream()}));
    return state;
  }

  @ParameterizedTest
  @MethodSource("trainings")
  void stepsOfAGraphHaveTheBitsOfStepsOpByOp(Net net, Rule rule) {
    Map<String, double[]> expected = train(net, rule, trainer -> trainer);
    if (SimulatedDriver.isLoaded()) {
      SimulatedDriver.clearLog();
    }
    Map<String, double[]> actual = train(net, rule, Trainer::graph);
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
    if (SimulatedDriver.isLoaded()) {
      assertEquals(EPOCHS * (BATCHES - 1) - 1, graphs(), "all but the first and the smaller ones");
    }
  }

  /** Launches of graphs in the log of the simulated device. */
  private static long graphs() {
    return SimulatedDriver.log()
        .lines()
        .skip(1)
        .map(line -> line.split(","))
        .map(columns -> columns[columns.length - 2])
        .filter(graph -> !graph.equals("0"))
        .distinct()
        .count();
  }
}
