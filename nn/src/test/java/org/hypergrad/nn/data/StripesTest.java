package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.SplittableRandom;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.AdaptiveAvgPool2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.train.Metric;
import org.hypergrad.nn.train.Trainer;
import org.junit.jupiter.api.Test;

class StripesTest {
  private static final double CHANCE = 0.1;

  private static int[] pixels(Dataset dataset, int index) {
    byte[] pixels = new byte[3072];
    dataset.read(
        index,
        new SplittableRandom(0),
        MemorySegment.ofArray(pixels),
        MemorySegment.ofArray(new int[1]));
    int[] unsigned = new int[pixels.length];
    Arrays.setAll(unsigned, i -> Byte.toUnsignedInt(pixels[i]));
    return unsigned;
  }

  private static int label(Dataset dataset, int index) {
    int[] label = new int[1];
    dataset.read(
        index,
        new SplittableRandom(0),
        MemorySegment.ofArray(new byte[3072]),
        MemorySegment.ofArray(label));
    return label[0];
  }

  /** Against stripes.py, where formula and random numbers are written down a second time. */
  @Test
  void everyPixelIsTheFormulas() throws IOException {
    try (InputStream in = StripesTest.class.getResourceAsStream("stripes.json")) {
      ObjectMapper json = new ObjectMapper();
      for (JsonNode c : json.readTree(in)) {
        int index = c.get("index").asInt();
        Cifar10 images = Cifar10.synthetic(index + 1, index + 1, c.get("seed").asLong());
        Dataset part = c.get("part").asText().equals("train") ? images.train() : images.test();
        assertEquals(c.get("label").asInt(), label(part, index));
        int[] expected = json.convertValue(c.get("pixels"), int[].class);
        assertArrayEquals(expected, pixels(part, index), c.get("index").toString());
      }
    }
  }

  @Test
  void classesComeInTurnAndNoImageTwice() {
    Cifar10 images = Cifar10.synthetic(30, 20, 4);
    HashSet<String> seen = new HashSet<>();
    for (int i = 0; i < 30; i++) {
      assertEquals(i % 10, label(images.train(), i));
      assertTrue(seen.add(Arrays.toString(pixels(images.train(), i))));
    }
    for (int i = 0; i < 20; i++) {
      assertEquals(i % 10, label(images.test(), i));
      assertTrue(seen.add(Arrays.toString(pixels(images.test(), i))));
    }
    assertTrue(seen.add(Arrays.toString(pixels(Cifar10.synthetic(1, 1, 5).train(), 0))));
    assertEquals(10, new HashSet<>(images.names()).size());
    assertEquals("narrow stripes at 22.5 degrees", images.names().get(1));
    assertEquals("wide stripes at 90 degrees", images.names().get(9));
    assertEquals("record 2 of synthetic train images, seed 4", images.train().describe(2));
    assertThrows(ArgumentException.class, () -> Cifar10.synthetic(0, 1, 4));
  }

  /** To guess by the nearest mean colour of a class gets hardly more right than to guess. */
  @Test
  void colourTellsLittle() {
    Cifar10 images = Cifar10.synthetic(1000, 500, 9);
    double[][] centres = new double[10][3];
    for (int i = 0; i < 1000; i++) {
      double[] colour = colour(images.train(), i);
      for (int c = 0; c < 3; c++) {
        centres[i % 10][c] += colour[c] / 100;
      }
    }
    int right = 0;
    for (int i = 0; i < 500; i++) {
      double[] colour = colour(images.test(), i);
      int nearest = 0;
      for (int k = 1; k < 10; k++) {
        nearest = distance(colour, centres[k]) < distance(colour, centres[nearest]) ? k : nearest;
      }
      right += nearest == i % 10 ? 1 : 0;
    }
    assertTrue(right < 2 * CHANCE * 500, right + " of 500");
  }

  private static double[] colour(Dataset dataset, int index) {
    int[] pixels = pixels(dataset, index);
    double[] means = new double[3];
    for (int i = 0; i < pixels.length; i++) {
      means[i / 1024] += pixels[i] / 1024.0;
    }
    return means;
  }

  private static double distance(double[] a, double[] b) {
    return Math.hypot(Math.hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
  }

  /** One convolution, its mean and a linear layer, after some steps. */
  @Test
  void aSmallNetworkLearnsThem() {
    Cifar10 images = Cifar10.synthetic(500, 200, 1);
    double accuracy =
        Device.cpu()
            .call(
                () -> {
                  Generator random = new Generator(3);
                  try (Sequential model =
                          Sequential.of(
                              Conv2d.builder(3, 24, 7).stride(2).build(random),
                              Activation.relu(),
                              AdaptiveAvgPool2d.global(),
                              new Flatten(),
                              new Linear(random, 24, 10));
                      Optimizer optimizer = Optimizer.of(new Adam(1e-2), model.parameters())) {
                    Trainer trainer =
                        new Trainer(model, Loss.crossEntropy(), optimizer)
                            .metric(Metric.accuracy());
                    ImagePreparation prepared = Cifar10.normalise();
                    trainer.fit(
                        Loader.of(images.train(), 50).shuffle(2).prepare(prepared.crop(4).flip()),
                        8);
                    return trainer
                        .evaluate(Loader.of(images.test(), 100).prepare(prepared))
                        .metrics()
                        .get("accuracy");
                  }
                });
    assertTrue(accuracy > 3 * CHANCE, "accuracy " + accuracy);
    assertFalse(Double.isNaN(accuracy));
  }
}
