package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.hypergrad.engine.Device;
import org.hypergrad.examples.chart.Charts;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The comparison on few synthetic images, with results in a temporary folder. */
class Cifar10CommandTest {
  /** Four steps in an epoch. */
  private static final List<String> SMALL =
      List.of("--data synthetic --limit 32 --eval-limit 30 --epochs 1 --batch 8".split(" "));

  @TempDir private Path folder;

  private Program cifar10(String name, List<String> first, String... options) {
    List<String> all =
        new ArrayList<>(List.of("cifar10", "--out", folder.resolve(name).toString()));
    all.addAll(first);
    all.addAll(List.of(options));
    return Program.run(all);
  }

  private List<String> lines(String file) throws IOException {
    return Files.readAllLines(folder.resolve(file));
  }

  /** Of this size, and something drawn in each of its panels. */
  private void assertPicture(int columns, int rows, int width, int height, String file)
      throws IOException {
    Assumptions.assumeTrue(Charts.problem().isEmpty(), Charts.problem());
    BufferedImage picture = ImageIO.read(folder.resolve(file).toFile());
    assertEquals(columns * width, picture.getWidth(), file);
    assertEquals(rows * height, picture.getHeight(), file);
    for (int panel = 0; panel < columns * rows; panel++) {
      int[] pixels =
          picture.getRGB(
              panel % columns * width,
              panel / columns * height,
              width,
              height,
              new int[width * height],
              0,
              width);
      long coloured = Arrays.stream(pixels).filter(Cifar10CommandTest::isColoured).count();
      assertTrue(coloured > 200, file + ", panel " + panel + ": " + coloured + " pixels");
    }
  }

  /** Neither white, nor black, nor gray as axes are. */
  private static boolean isColoured(int pixel) {
    int red = pixel >> 16 & 255;
    int green = pixel >> 8 & 255;
    int blue = pixel & 255;
    return Math.max(red, Math.max(green, blue)) - Math.min(red, Math.min(green, blue)) > 30;
  }

  private static String row(String out, String method) {
    return out.lines().filter(l -> l.startsWith("| " + method + " ")).findFirst().orElseThrow();
  }

  @Test
  void comparesAndWritesWhatItFound() throws IOException {
    long before = Device.best().memory().live();
    String out = cifar10("a", SMALL, "--method", "momentum,fop").done().out();
    assertEquals(before, Device.best().memory().live());
    assertTrue(out.contains("images: synthetic stripes: 5000 images to train on"), out);
    assertTrue(out.contains("M: 569 numbers (65 as the paper counts"), out);
    String[] momentum = row(out, "momentum").split(" *\\| *", -1);
    String[] fop = row(out, "fop").split(" *\\| *", -1);
    assertEquals("569 (65)", fop[7], "additional parameters");
    assertEquals("", momentum[7]);
    assertEquals("1370187", fop[8], "held in all");
    assertTrue(Double.parseDouble(momentum[9]) > 0, "ms / step");
    double share = 100 * (Double.parseDouble(fop[9]) / Double.parseDouble(momentum[9]) - 1);
    assertEquals(share, Double.parseDouble(fop[10]), 1, "additional time");
    assertTrue(lines("a/table.md").contains(row(out, "fop")));

    List<String> curves = lines("a/curves.csv");
    assertEquals(3, curves.size());
    assertTrue(curves.get(1).startsWith("momentum,0.05,1,1,4,"), curves.get(1));
    assertEquals("30", curves.get(1).split(",")[6], "test images");
    assertNotEquals(curves.get(1).split(",")[5], curves.get(2).split(",")[5], "train loss");

    // Before steps 2 to 4 and at the end, nine layers each.
    List<String> matrices = lines("a/matrices.csv");
    assertEquals(1 + 4 * 9, matrices.size());
    String[] last = matrices.getLast().split(",", -1);
    assertEquals(List.of("fop", "0.05", "1", "4", "conv9"), Arrays.asList(last).subList(0, 5));
    // The first hypergradient belongs to the second step: M is I before it.
    assertEquals(9, matrices.stream().filter(l -> l.contains(",1,1,conv")).count());
    assertTrue(matrices.get(1).contains(",0.0,1.0,"), "P is I: no angle, no gain");
    double[] moved =
        Stream.of(matrices.get(1 + 27).split(",", -1)[9].split(" "))
            .mapToDouble(Double::parseDouble)
            .toArray();
    assertEquals(81, moved.length);
    // Three moves by Adam of 1e-4 at most each, in M and so twice in the diagonal of M M^T.
    assertEquals(1, moved[0], 6.1e-4);
    assertNotEquals(1, moved[0]);
    assertEquals(9, lines("a/layers.md").stream().filter(l -> l.contains(" fop ")).count());
    for (String method : List.of("momentum", "fop")) {
      assertTrue(Files.size(folder.resolve("a/" + method + ".safetensors")) > 4 * 1_369_738);
    }
    assertPicture(2, 1, 640, 520, "a/curves.png");
    assertPicture(7, 1, 440, 380, "a/matrices.png");
    assertPicture(4, 1, 440, 380, "a/training.png");
    assertPicture(4, 7, 440, 380, "a/training-fop.png");
    assertPicture(1, 1, 640, 520, "a/spectra.png");
    assertPicture(1, 1, 640, 520, "a/histograms.png");
  }

  /** The rate of momentum is far too high; Adam has its own. */
  @Test
  void whatDivergesIsToldAndTheOthersGoOn() throws IOException {
    Program program = cifar10("a", SMALL, "--lr", "1e12", "--method", "momentum,adam").done();
    assertTrue(row(program.out(), "momentum").contains(" 1 of 1 diverged "), program.out());
    assertTrue(row(program.out(), "adam").matches("\\| adam +\\| 0.001 +\\| [0-9]+\\..*"));
    String why =
        lines("a/table.md").stream()
            .filter(l -> l.startsWith("momentum, seed 1, diverged: "))
            .findFirst()
            .orElseThrow();
    assertTrue(why.contains("step ") && why.contains("hint: "), why);
    assertTrue(lines("a/curves.csv").get(1).startsWith("adam,0.001,1,1,4,"));
    assertEquals(1, cifar10("b", SMALL, "--lr", "1e12", "--method", "momentum").code());
  }

  @Test
  void goesOnWithWhatIsDone() throws IOException {
    cifar10("a", SMALL, "--method", "s-hd").done();
    List<String> table = lines("a/table.md");
    Program again = cifar10("a", SMALL, "--method", "s-hd,momentum", "--resume").done();
    assertFalse(again.out().contains("s-hd-seed1: epoch"), again.out());
    assertTrue(again.out().contains("momentum-seed1: epoch 1 of 1"), again.out());
    assertEquals(
        Arrays.asList(table.getLast().split(" *\\| *")).subList(1, 10),
        Arrays.asList(row(again.out(), "s-hd").split(" *\\| *")).subList(1, 10));
    assertTrue(table.getLast().contains(" 9 (9) "), table.getLast());
    Program other = cifar10("a", SMALL, "--method", "s-hd", "--resume", "--no-augment");
    assertEquals(1, other.code());
    assertTrue(other.err().contains("other preparation of images"), other.err());
  }

  @ParameterizedTest
  @CsvSource({
    "--lr, 0, --lr must be a number above 0",
    "--adam-lr, -1, --adam-lr must be a number above 0",
    "--epochs, 0, --epochs must be at least 1",
    "--steps, 0, --steps must be at least 1",
    "--batch, 0, --batch must be at least 1",
    "--lower-after, 0, --lower-after must be at least 1",
    "--momentum, 1, --momentum must be at least 0 and below 1",
    "--m-rate, NaN, --m-rate must be a number of at least 0",
    "--weight-decay, -1, --weight-decay must be a number of at least 0",
    "--seeds, 0, --seeds must be at least 1",
    "--limit, 0, --limit must be at least 1",
    "--eval-limit, 0, --eval-limit must be at least 1",
    "--method, fob, '--method: no \"fob\"; there are [momentum, s-hd, pp-hd, fop-norm,'",
    "--method, ',', --method must be at least one name",
  })
  void badOptionsAreNotUnderstood(String option, String value, String message) {
    Program result = cifar10("a", List.of("--data", "synthetic"), option, value);
    assertEquals(2, result.code());
    assertTrue(result.err().contains(message), result.err());
    assertFalse(Files.exists(folder.resolve("a")), "nothing was written");
  }

  @Test
  void allMethodsAndSomeDoNotGoTogether() {
    Program result = cifar10("a", SMALL, "--compare", "--method", "fop");
    assertEquals(2, result.code());
    assertTrue(result.err().contains("--compare runs all methods"), result.err());
  }

  @Test
  void withoutImagesItSaysWhereTheyAreToBeHad() {
    Assumptions.assumeFalse(Files.exists(Path.of("data", "cifar-10")));
    Program none = cifar10("a", List.of());
    assertEquals(1, none.code());
    assertTrue(none.err().startsWith("CIFAR-10: no images; got no --data"), none.err());
    assertTrue(none.err().contains("--download") && none.err().contains("--data synthetic"));
    Program missing = cifar10("a", List.of("--data", folder.resolve("x").toString()));
    assertEquals(1, missing.code());
    assertTrue(missing.err().contains(folder.resolve("x").toString()), missing.err());
    assertFalse(Files.exists(folder.resolve("a")), "nothing was written");
  }
}
