package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.hypergrad.engine.Device;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ResNet-18 on few small images, with results in a temporary folder. */
class ImageNetCommandTest {
  /** Two steps in an epoch. */
  private static final List<String> SMALL =
      List.of("--data synthetic --synthetic-images 8 --size 32 --epochs 1 --batch 4".split(" "));

  @TempDir private Path folder;

  private Program imageNet(String name, List<String> first, String... options) {
    List<String> all =
        new ArrayList<>(List.of("imagenet", "--out", folder.resolve(name).toString()));
    all.addAll(first);
    all.addAll(List.of(options));
    return Program.run(all);
  }

  private static String row(String out, String method) {
    return out.lines().filter(l -> l.startsWith("| " + method + " ")).findFirst().orElseThrow();
  }

  private byte[] weights(String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name + "/fop.safetensors"));
  }

  /** M of 49 x 49 for the first layer, 16 of 9 x 9, three numbers; none of the dense layer. */
  @Test
  void comparesEvaluatesAndPredicts() throws IOException {
    long before = Device.best().memory().live();
    String out = imageNet("a", SMALL, "--method", "momentum,fop").done().out();
    assertEquals(before, Device.best().memory().live());
    String[] fop = row(out, "fop").split(" *\\| *", -1);
    assertEquals("3700 (196)", fop[7], "additional parameters");
    assertTrue(Double.parseDouble(fop[11]) >= Double.parseDouble(fop[3]), "top-5 and top-1");
    assertTrue(out.contains("% of the time waiting for images, at most"), out);
    List<String> curves = Files.readAllLines(folder.resolve("a/curves.csv"));
    assertTrue(curves.getFirst().endsWith(",seconds,test_top5"), curves.getFirst());
    String file = folder.resolve("a/fop.safetensors").toString();
    String seen = imageNet("b", SMALL, "--evaluate", file).done().out();
    // The last epoch's evaluation, from the file.
    double loss = Double.parseDouble(curves.getLast().split(",")[7]);
    String told = seen.substring(seen.indexOf(": loss ") + 7).split(",")[0];
    assertEquals(loss, Double.parseDouble(told), 1e-3);
    assertTrue(seen.contains("top-5 "), seen);
    assertFalse(Files.exists(folder.resolve("b")), "nothing was written");
    Path image = folder.resolve("image.png");
    ImageIO.write(new BufferedImage(50, 40, BufferedImage.TYPE_INT_RGB), "png", image.toFile());
    Program named = Program.run(List.of("predict", "--model", file, image.toString())).done();
    assertTrue(named.out().contains("stripes"), named.out());
    imageNet("c", SMALL, "--method", "momentum", "--weights", file, "--steps", "1").done();
  }

  /** Two of four steps, then the others: to the bits of a run in one go. */
  @Test
  void goesOnWithinAnEpoch() throws IOException {
    List<String> micro = new ArrayList<>(SMALL);
    micro.set(3, "16");
    micro.addAll(List.of("--micro-batch", "2", "--method", "fop"));
    String whole = imageNet("whole", micro).done().out();
    assertTrue(whole.contains("over micro-batches of 2; batch norm takes its statistics"), whole);
    imageNet("parts", micro, "--steps", "2").done();
    String rest = imageNet("parts", micro, "--resume").done().out();
    assertTrue(rest.contains("fop-seed1 goes on after step 2"), rest);
    assertArrayEquals(weights("whole"), weights("parts"));
    Program other = imageNet("parts", SMALL, "--method", "fop", "--resume", "--zero-init");
    assertEquals(1, other.code());
    assertTrue(other.err().contains("is of a run with other --"), other.err());
  }

  /** Two classes, of three images to train on and three to test on. */
  private void writeImages(String data, String... classes) throws IOException {
    for (String part : List.of("train", "val")) {
      for (int i = 0; i < 6; i++) {
        Path file = folder.resolve(data + "/" + part + "/" + classes[i / 3] + "/" + i + ".png");
        Files.createDirectories(file.getParent());
        ImageIO.write(new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
      }
    }
  }

  /** Two classes, an image of which is none. */
  @Test
  void badImagesEndARunOrAreLeftOut() throws IOException {
    writeImages("data", "c0", "c1");
    Path bad = folder.resolve("data/train/c0/1.png");
    Files.writeString(bad, "text");
    List<String> data =
        List.of("--data", folder.resolve("data").toString(), "--size", "32", "--batch", "6");
    Program ended = imageNet("a", data, "--steps", "1", "--method", "momentum");
    assertEquals(1, ended.code());
    assertTrue(
        ended.err().lines().anyMatch(l -> l.startsWith(bad + ": is no image; ")), ended.err());
    String out =
        imageNet("b", data, "--steps", "1", "--method", "momentum", "--on-bad-image", "skip")
            .done()
            .out();
    assertTrue(out.contains("bad images left out: 1"), out);
    assertTrue(out.contains(bad.toString()), out);
  }

  /** As many classes under other names: a result would say nothing. */
  @Test
  void weightsForOtherClassesAreNotEvaluated() throws IOException {
    writeImages("data", "c0", "c1");
    writeImages("other", "c0", "d1");
    List<String> learned = List.of("--data", folder.resolve("data").toString(), "--size", "32");
    imageNet("a", learned, "--batch", "6", "--steps", "1", "--method", "momentum").done();
    String file = folder.resolve("a/momentum.safetensors").toString();
    imageNet("b", learned, "--evaluate", file).done();
    List<String> other = List.of("--data", folder.resolve("other").toString(), "--size", "32");
    Program refused = imageNet("b", other, "--evaluate", file);
    assertEquals(1, refused.code());
    assertTrue(refused.err().contains("other classes apart"), refused.err());
    assertTrue(refused.err().contains("got 2: c0, c1; expected 2: c0, d1"), refused.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--method=fop", "--compare", "--weights=f", "--zero-init", "--resume"})
  void evaluationGoesWithoutWhatTrains(String option) {
    Program result = imageNet("a", SMALL, "--evaluate", "f", option);
    assertEquals(2, result.code());
    String name = option.split("=")[0];
    assertTrue(result.err().contains("--evaluate trains nothing, and goes with no " + name));
  }

  @ParameterizedTest
  @CsvSource({
    "--size, 7, --size must be at least 8",
    "--micro-batch, 3, --micro-batch must be a divisor of --batch",
    "--synthetic-images, 0, --synthetic-images must be at least 1",
    "--readers, 0, --readers must be at least 1",
    "--model, vgg, '--model: no \"vgg\"; there are [resnet18, resnet34, resnet50]'",
    "--lr, 0, --lr must be a number above 0",
    "--method, fob, '--method: no \"fob\"'",
  })
  void badOptionsAreNotUnderstood(String option, String value, String message) {
    Program result = imageNet("a", List.of("--data", "synthetic"), option, value);
    assertEquals(2, result.code());
    assertTrue(result.err().contains(message), result.err());
    assertFalse(Files.exists(folder.resolve("a")), "nothing was written");
  }

  @Test
  void withoutImagesItSaysWhatIsWanted() {
    Program none = imageNet("a", List.of());
    assertEquals(1, none.code());
    assertTrue(none.err().contains("train/<class>/*.JPEG"), none.err());
  }
}
