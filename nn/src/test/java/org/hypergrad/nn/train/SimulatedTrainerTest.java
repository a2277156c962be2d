package org.hypergrad.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.kernels.Simulated;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.data.ArrayDataset;
import org.hypergrad.nn.data.Dataset;
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
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A convolutional net trains on the simulated GPU as it does on the processor. */
@Simulated
class SimulatedTrainerTest {
  private static final int EXAMPLES = 32;

  private static Sequential network() {
    Generator random = new Generator(7);
    return Sequential.of(
        Conv2d.builder(1, 6, 3).padding(1).withoutBias().build(random),
        new BatchNorm2d(6),
        Activation.relu(),
        new MaxPool2d(2),
        Conv2d.builder(6, 8, 3).stride(2).build(random),
        Activation.relu(),
        new Flatten(),
        new Dropout(random, 0.2),
        new Linear(random, 8 * 2 * 2, 4));
  }

  /** Images of noise, whose classes the network can only learn by heart. */
  private static Dataset images() {
    int[] labels = new int[EXAMPLES];
    Arrays.setAll(labels, i -> i % 4);
    float[] pixels =
        Device.reference()
            .call(
                () ->
                    Scope.call(() -> new Generator(50).normal(1, EXAMPLES, 1, 12, 12).toFloats()));
    return ArrayDataset.labelled(pixels, Shape.of(1, 12, 12), labels, 4);
  }

  private static List<Double> losses(Device device, Rule rule) {
    List<Double> losses = new ArrayList<>();
    device.run(
        () -> {
          try (Sequential model = network();
              Optimizer optimizer = Optimizer.of(rule, model.parameters())) {
            new Trainer(model, Loss.crossEntropy(), optimizer)
                .callback(
                    new Callback() {
                      @Override
                      public void stepped(Trainer trainer, StepResult step) {
                        losses.add(step.loss());
                      }
                    })
                .fit(Loader.of(images(), 8).shuffle(3), 2);
          }
        });
    return losses;
  }

  static List<Rule> rules() {
    return List.of(new Sgd(0.05).momentum(0.9).weightDecay(1e-3), new Adam(3e-3));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void lossesAreThoseOfTheProcessor(Rule rule) {
    List<Double> expected = losses(Device.cpu(), rule);
    assertEquals(8, expected.size());
    List<Double> actual = losses(Device.simulated(), rule);
    for (int step = 0; step < expected.size(); step++) {
      double loss = expected.get(step);
      assertEquals(loss, actual.get(step), 1e-4 * loss, "step " + step + " of " + rule);
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void twoRunsGiveTheSameBits(Rule rule) {
    assertArrayEquals(
        losses(Device.simulated(), rule).toArray(), losses(Device.simulated(), rule).toArray());
  }
}
