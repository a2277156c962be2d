package org.hypergrad.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.AdaptiveAvgPool2d;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.layer.MaxPool2d;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole networks in training. */
class NetworkTest {
  private static final int BATCH = 6;
  private static final int CLASSES = 3;

  private static Sequential convolutional(Generator random) {
    return Sequential.of(
        Conv2d.builder(1, 4, 3).padding(1).withoutBias().build(random),
        new BatchNorm2d(4),
        Activation.relu(),
        new MaxPool2d(2),
        new Dropout(random, 0.25),
        Conv2d.builder(4, 8, 3).samePadding().build(random),
        Activation.relu(),
        AdaptiveAvgPool2d.global(),
        new Flatten(),
        new Linear(random, 8, CLASSES));
  }

  private static Optimizer optimizer(Module model) {
    return Optimizer.of(new Sgd(0.05).momentum(0.9), model.parameters());
  }

  /** One step; the loss before it. */
  private static double step(Module model, Optimizer optimizer, Tensor x, Tensor labels) {
    double[] value = new double[1];
    Gradients gradients =
        Tape.record(
            tape -> {
              Tensor loss = Loss.crossEntropy().apply(model.apply(x), labels);
              value[0] = loss.item();
              return tape.backward(loss);
            });
    optimizer.step(gradients);
    return value[0];
  }

  private static double step(Module model, Optimizer optimizer, Generator data) {
    return Scope.call(
        () ->
            step(
                model,
                optimizer,
                data.normal(1, BATCH, 1, 8, 8),
                Tensor.of(IntStream.range(0, BATCH).map(i -> i % CLASSES).toArray(), BATCH)));
  }

  /** The losses of 20 steps, then all parameters and buffers, as bits. */
  private static List<Integer> trained(long seed) {
    Generator random = new Generator(seed);
    List<Integer> bits = new ArrayList<>();
    try (Sequential model = convolutional(random);
        Optimizer optimizer = optimizer(model)) {
      Generator data = new Generator(9);
      for (int i = 0; i < 20; i++) {
        bits.add(Float.floatToRawIntBits((float) step(model, optimizer, data)));
      }
      List<Tensor> all = new ArrayList<>(model.buffers().values());
      model.parameters().forEach(p -> all.add(p.value()));
      for (Tensor tensor : all) {
        for (float value : tensor.toFloats()) {
          bits.add(Float.floatToRawIntBits(value));
        }
      }
    }
    return bits;
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void twoRunsWithOneSeedGiveTheSameBits(Device device) {
    device.run(
        () -> {
          List<Integer> first = trained(1);
          assertEquals(first, trained(1));
          assertNotEquals(first, trained(2));
        });
  }

  /** A batch that is seen again and again is learned. */
  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void learnsABatch(Device device) {
    device.run(
        () -> {
          try (Sequential model = convolutional(new Generator(1));
              Optimizer optimizer = optimizer(model)) {
            double first = step(model, optimizer, new Generator(9));
            double last = first;
            for (int i = 0; i < 100; i++) {
              last = step(model, optimizer, new Generator(9));
            }
            assertTrue(last < first / 4, first + " to " + last);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void fiftyModelsLeaveNothing(Device device) {
    long before = device.memory().live();
    device.run(
        () -> {
          for (int i = 0; i < 50; i++) {
            try (Sequential model = convolutional(new Generator(i));
                Optimizer optimizer = optimizer(model)) {
              Generator data = new Generator(9);
              step(model, optimizer, data);
              step(model, optimizer, data);
              assertTrue(device.memory().live() > before);
            }
            assertEquals(before, device.memory().live(), "after model " + i);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void tenThousandStepsAreFlat(Device device) {
    device.run(
        () -> {
          Generator random = new Generator(1);
          try (Sequential model =
                  Sequential.of(
                      new Linear(random, 4, 5), Activation.relu(), new Linear(random, 5, 2));
              Optimizer optimizer = optimizer(model)) {
            long early = 0;
            for (int i = 1; i <= 10_000; i++) {
              Scope.run(
                  () ->
                      step(
                          model,
                          optimizer,
                          random.normal(1, 3, 4),
                          Tensor.of(new int[] {0, 1, 1}, 3)));
              if (i == 10) {
                early = device.memory().live();
              }
            }
            assertEquals(early, device.memory().live(), "live bytes after steps 10 and 10,000");
          }
        });
  }
}
