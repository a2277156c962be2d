package org.hypergrad.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.ConvTranspose2d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.layer.MaxPool2d;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SummaryTest {
  private static final Generator RANDOM = new Generator(1);

  private static Sequential network() {
    return Sequential.builder()
        .add(
            "features",
            Sequential.of(
                Conv2d.builder(3, 8, 3).padding(1).withoutBias().build(RANDOM),
                new BatchNorm2d(8),
                Activation.relu(),
                new MaxPool2d(2)))
        .add("drop", new Dropout(RANDOM, 0.5))
        .add("flatten", new Flatten())
        .add("head", new Linear(RANDOM, 128, 10))
        .build();
  }

  /**
   * Counted by hand: 3 * 3 * 3 * 8 = 216 weights, each used at 8 * 8 pixels of 2 images: 27,648; 2
   * * 8 of the normalisation; 128 * 10 + 10 = 1,290, of which 1,280 multiply, twice: 2,560.
   */
  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void countsByHand(Device device) {
    try (Sequential network = device.call(SummaryTest::network)) {
      Summary summary = Summary.of(network, Shape.of(2, 3, 8, 8));
      assertEquals(1522, summary.parameters());
      assertEquals(30208, summary.multiplyAdds());
      assertEquals(7, summary.rows().size());
      assertEquals(
          new Summary.Row(
              "features.0",
              "Conv2d(3, 8, 3, padding 1, no bias)",
              Shape.of(2, 8, 8, 8),
              216,
              27648),
          summary.rows().getFirst());
      assertEquals(
          """
          name        layer                                output        parameters  multiply-adds
          features.0  Conv2d(3, 8, 3, padding 1, no bias)  [2, 8, 8, 8]         216         27,648
          features.1  BatchNorm2d(8)                       [2, 8, 8, 8]          16              0
          features.2  ReLU                                 [2, 8, 8, 8]           0              0
          features.3  MaxPool2d(2)                         [2, 8, 4, 4]           0              0
          drop        Dropout(0.5)                         [2, 8, 4, 4]           0              0
          flatten     Flatten                              [2, 128]               0              0
          head        Linear(128, 10)                      [2, 10]            1,290          2,560
          total                                                               1,522         30,208
          """,
          summary.toString().replace(System.lineSeparator(), "\n"));
    }
  }

  /**
   * Grouped: 6 outputs at 3 * 3 pixels, each of 2 channels of 3 * 3: 972. Transposed: each of 8 * 3
   * * 3 inputs goes into 4 channels of 2 * 2: 1,152. Both have as many weights as [6, 2, 3, 3] and
   * [8, 4, 2, 2], and a bias.
   */
  @Test
  void countsGroupsAndTransposed() {
    Device.reference()
        .run(
            () -> {
              try (Module grouped = Conv2d.builder(4, 6, 3).groups(2).build(RANDOM);
                  Module up = ConvTranspose2d.builder(8, 4, 2).stride(2).build(RANDOM);
                  Module dense = new Linear(RANDOM, 5, 7)) {
                Summary.Row row = only(Summary.of(grouped, Shape.of(1, 4, 5, 5)));
                assertEquals(
                    new Summary.Row(
                        "", "Conv2d(4, 6, 3, groups 2)", Shape.of(1, 6, 3, 3), 114, 972),
                    row);
                row = only(Summary.of(up, Shape.of(1, 8, 3, 3)));
                assertEquals(
                    new Summary.Row(
                        "", "ConvTranspose2d(8, 4, 2, stride 2)", Shape.of(1, 4, 6, 6), 132, 1152),
                    row);
                row = only(Summary.of(dense, Shape.of(2, 3, 5)));
                assertEquals(new Summary.Row("", "Linear(5, 7)", Shape.of(2, 3, 7), 42, 210), row);
              }
            });
  }

  private static Summary.Row only(Summary summary) {
    assertEquals(1, summary.rows().size());
    return summary.rows().getFirst();
  }

  @Test
  void aSharedLayerHasItsParametersOnce() {
    Device.reference()
        .run(
            () -> {
              Linear shared = new Linear(RANDOM, 4, 4);
              try (Module network = Sequential.of(shared, Activation.tanh(), shared)) {
                Summary summary = Summary.of(network, Shape.of(1, 4));
                assertEquals(20, summary.parameters());
                assertEquals(32, summary.multiplyAdds());
                assertEquals(
                    List.of(20L, 0L, 0L),
                    summary.rows().stream().map(Summary.Row::parameters).toList());
              }
            });
  }

  @Test
  void changesNothing() {
    Device.reference()
        .run(
            () -> {
              try (Sequential network = network()) {
                Module features = network.children().get("features");
                network.eval();
                features.train();
                long stream = RANDOM.stream();
                Summary.of(network, Shape.of(1, 3, 8, 8));
                assertThrows(ShapeException.class, () -> Summary.of(network, Shape.of(1, 2, 8, 8)));
                assertTrue(features.isTraining());
                assertTrue(features.children().get("1").isTraining());
                assertFalse(network.isTraining());
                assertFalse(network.children().get("drop").isTraining());
                assertEquals(stream, RANDOM.stream());
                assertArrayEquals(
                    new float[8], network.buffers().get("features.1.running_mean").toFloats());
              }
            });
  }
}
