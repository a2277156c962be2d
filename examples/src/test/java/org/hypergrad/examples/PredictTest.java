package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.MnistOptions;
import org.hypergrad.examples.predict.Architecture;
import org.hypergrad.examples.predict.ModelCard;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.model.AllCnn;
import org.hypergrad.nn.save.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictTest {
  private static final int LEARNED = 20;

  @TempDir private Path folder;

  private static Program predict(Path model, Object... more) {
    List<String> all = new ArrayList<>(List.of("predict", "--model", model.toString()));
    Arrays.stream(more).map(String::valueOf).forEach(all::add);
    return Program.run(all);
  }

  /** A PNG of values by channel, row and column. */
  private Path png(String name, int type, int side, byte[] values) throws IOException {
    BufferedImage image = new BufferedImage(side, side, type);
    WritableRaster raster = image.getRaster();
    for (int i = 0; i < values.length; i++) {
      int place = i % (side * side);
      raster.setSample(
          place % side, place / side, i / (side * side), Byte.toUnsignedInt(values[i]));
    }
    Path file = folder.resolve(name);
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  /** A net that knows its twenty images by heart names them, and what is no image is named too. */
  @Test
  void whatWasLearnedIsRecognised() throws IOException {
    Program.run(
            List.of(
                "mnist",
                "--out",
                folder.resolve("a").toString(),
                "--method",
                "momentum",
                "--limit",
                String.valueOf(LEARNED),
                "--batch",
                String.valueOf(LEARNED),
                "--epochs",
                "60",
                "--lr",
                "0.05",
                "--eval-limit",
                "10"))
        .done();
    Images images = new MnistOptions().images(new PrintWriter(System.out));
    List<Object> arguments = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < LEARNED; i++) {
      float[] pixels = new float[28 * 28];
      int[] label = new int[1];
      images
          .train()
          .read(
              i,
              new SplittableRandom(0),
              MemorySegment.ofArray(pixels),
              MemorySegment.ofArray(label));
      byte[] values = new byte[pixels.length];
      IntStream.range(0, values.length)
          .forEach(k -> values[k] = (byte) Math.round(255 * pixels[k]));
      arguments.add(png(i + ".png", BufferedImage.TYPE_BYTE_GRAY, 28, values));
      expected.add(images.classes().get(label[0]));
    }
    Path text = Files.writeString(folder.resolve("text.png"), "no image");
    Path cut = folder.resolve("cut.png");
    byte[] whole = Files.readAllBytes(folder.resolve("0.png"));
    Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
    arguments.addAll(3, List.of(text, cut, folder.resolve("missing.png"), folder));
    arguments.addAll(List.of("--top", 2, "--csv", folder.resolve("all.csv")));
    Program program = predict(folder.resolve("a/momentum.safetensors"), arguments.toArray());
    assertEquals(1, program.code());
    List<String> problems = program.err().lines().toList();
    assertEquals(4, problems.size(), program.err());
    assertTrue(problems.get(0).contains("text.png"), program.err());
    assertTrue(problems.get(1).contains("cut.png"), program.err());
    assertTrue(problems.get(2).endsWith("missing.png: does not exist"), program.err());
    assertTrue(problems.get(3).startsWith(folder + ": cannot be read"), program.err());
    List<String> rows = program.out().lines().filter(l -> l.contains(".png")).toList();
    assertEquals(LEARNED, rows.size(), program.out());
    assertEquals(expected, rows.stream().map(r -> r.split(" *\\| *")[2]).toList());
    List<String> csv = Files.readAllLines(folder.resolve("all.csv"));
    assertEquals(1 + 10 * LEARNED, csv.size());
    assertTrue(csv.get(1).contains("0.png,1," + expected.get(0) + ","), csv.get(1));
    double sum =
        csv.subList(1, 11).stream()
            .mapToDouble(r -> Double.parseDouble(r.substring(r.lastIndexOf(',') + 1)))
            .sum();
    assertEquals(1, sum, 1e-9);
  }

  /** Colours and normalisation are those with which the network itself is called. */
  @Test
  void coloursAreAsInTraining() throws IOException {
    List<Double> mean = List.of(0.5, 0.25, 0.125);
    List<Double> std = List.of(0.25, 0.5, 0.125);
    List<String> classes = List.of("ant, red", "bee", "cat");
    byte[] pixels = new byte[3 * 32 * 32];
    new Random(5).nextBytes(pixels);
    // The channels differ in brightness too.
    Arrays.fill(pixels, 0, 700, (byte) 250);
    Path model = folder.resolve("model.safetensors");
    float[] scores =
        Device.best()
            .call(
                () ->
                    Scope.call(
                        () -> {
                          try (Module net =
                              AllCnn.builder().classes(3).batchNorm().build(new Generator(3))) {
                            Weights.save(
                                net,
                                model,
                                new ModelCard(Architecture.ALL_CNN_C, true, classes, 32, mean, std)
                                    .texts());
                            net.eval();
                            float[] x = new float[pixels.length];
                            for (int i = 0; i < x.length; i++) {
                              int channel = i / (32 * 32);
                              x[i] =
                                  (float)
                                      ((Byte.toUnsignedInt(pixels[i]) / 255.0 - mean.get(channel))
                                          / std.get(channel));
                            }
                            return net.apply(Tensor.of(x, 1, 3, 32, 32)).toFloats();
                          }
                        }));
    double sum = IntStream.range(0, 3).mapToDouble(i -> Math.exp(scores[i])).sum();
    Path image = png("image.png", BufferedImage.TYPE_INT_RGB, 32, pixels);
    predict(model, image, "--csv", folder.resolve("a.csv")).done();
    List<String> rows = Files.readAllLines(folder.resolve("a.csv"));
    assertEquals(4, rows.size());
    for (int i = 0; i < 3; i++) {
      String name = i == 0 ? "\"ant, red\"" : classes.get(i);
      String row = rows.stream().filter(r -> r.contains("," + name + ",")).findFirst().get();
      double probability = Double.parseDouble(row.substring(row.lastIndexOf(',') + 1));
      assertEquals(Math.exp(scores[i]) / sum, probability, 1e-5, row);
    }
  }

  /** A large picture that is not square: its middle square counts, and the rest does not. */
  @Test
  void theMiddleSquareIsSeen() throws IOException {
    Path model = folder.resolve("model.safetensors");
    Device.best()
        .run(
            () ->
                Scope.run(
                    () -> {
                      try (Module net = AllCnn.builder().classes(2).build(new Generator(1))) {
                        Weights.save(
                            net,
                            model,
                            new ModelCard(
                                    Architecture.ALL_CNN_C,
                                    false,
                                    List.of("a", "b"),
                                    32,
                                    List.of(0.0, 0.0, 0.0),
                                    List.of(1.0, 1.0, 1.0))
                                .texts());
                      }
                    }));
    BufferedImage square = new BufferedImage(200, 200, BufferedImage.TYPE_INT_RGB);
    BufferedImage wide = new BufferedImage(400, 200, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 200; y++) {
      for (int x = 0; x < 400; x++) {
        int colour = (x - 100) / 10 * 0x0A0503 ^ y / 10 * 0x01080C & 0xFFFFFF;
        // Far from the edges of the square, which the resampling blurs.
        boolean beside = x < 80 || x >= 320;
        wide.setRGB(x, y, beside ? 0xFFFFFF : colour);
        if (x >= 100 && x < 300) {
          square.setRGB(x - 100, y, colour);
        }
      }
    }
    Path one = folder.resolve("square.png");
    Path other = folder.resolve("wide.png");
    ImageIO.write(square, "png", one.toFile());
    ImageIO.write(wide, "png", other.toFile());
    predict(model, one, other, "--csv", folder.resolve("a.csv")).done();
    List<String> rows = Files.readAllLines(folder.resolve("a.csv"));
    for (int i = 1; i <= 2; i++) {
      String[] a = rows.get(i).split(",");
      String[] b = rows.get(i + 2).split(",");
      assertEquals(a[2], b[2]);
      assertEquals(Double.parseDouble(a[3]), Double.parseDouble(b[3]), 2e-2);
    }
  }

  @Test
  void filesThatAreNoModelsAreNamed() throws IOException {
    Path image = png("image.png", BufferedImage.TYPE_INT_RGB, 32, new byte[3 * 32 * 32]);
    Path unsaid = folder.resolve("unsaid.safetensors");
    Path other = folder.resolve("other.safetensors");
    Device.best()
        .run(
            () ->
                Scope.run(
                    () -> {
                      try (Module net = new BatchNorm2d(3)) {
                        Weights.save(net, unsaid);
                        Map<String, String> card =
                            new ModelCard(
                                    Architecture.ALL_CNN_C,
                                    false,
                                    List.of("a", "b"),
                                    32,
                                    List.of(0.0, 0.0, 0.0),
                                    List.of(1.0, 1.0, 1.0))
                                .texts();
                        Weights.save(net, other, card);
                      }
                    }));
    Program missing = predict(folder.resolve("none.safetensors"), image);
    assertEquals(1, missing.code());
    assertTrue(missing.err().contains("none.safetensors: does not exist"), missing.err());
    Program without = predict(unsaid, image);
    assertEquals(1, without.code());
    assertTrue(
        without
            .err()
            .contains("unsaid.safetensors: does not say of what network it is; got no model."),
        without.err());
    Program wrong = predict(other, image);
    assertEquals(1, wrong.code());
    assertTrue(wrong.err().contains("conv1.weight"), wrong.err());
    assertEquals(2, predict(other).code(), "no image");
    assertEquals(2, Program.run(List.of("predict", image.toString())).code(), "no model");
    Program none = predict(other, image, "--top", 0);
    assertEquals(2, none.code());
    assertTrue(none.err().contains("--top must be at least 1"), none.err());
    assertFalse(none.out().contains("image"), none.out());
  }
}
