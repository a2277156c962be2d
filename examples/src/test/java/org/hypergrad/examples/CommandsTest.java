package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

class CommandsTest {
  @TempDir private Path folder;

  /** On few steps, with results in a folder of its own. */
  private Program mnist(String name, String... options) {
    List<String> all = new ArrayList<>(List.of("mnist", "--out", folder.resolve(name).toString()));
    all.addAll(List.of(options));
    return Program.run(all);
  }

  @Test
  void mnistComparesAndWritesWhatItFound() throws IOException {
    long before = Device.best().memory().live();
    Program result =
        mnist(
                "a",
                "--steps",
                "4",
                "--epochs",
                "1",
                "--rank",
                "3",
                "--seeds",
                "2",
                "--method",
                "momentum,fop,fop-frozen,fop-direction")
            .done();
    assertEquals(before, Device.best().memory().live());
    assertTrue(result.out().contains("images: Fashion-MNIST's 10,000 test images"), result.out());
    assertTrue(
        result.out().contains("Mean and standard deviation of 2 seeds, on 1000 test images"));
    assertTrue(result.out().contains("fop-frozen has the random first M"), result.out());
    // M [784, 3] and three of [100, 3].
    assertTrue(result.out().lines().anyMatch(l -> l.startsWith("| fop ") && l.contains(" 3252 ")));
    List<String> rows = Files.readAllLines(folder.resolve("a/curves.csv"));
    assertEquals(
        "method,rate,seed,epoch,step,train_loss,test_images,test_loss,test_accuracy,seconds",
        rows.getFirst());
    assertEquals(1 + 4 * 2, rows.size());
    assertTrue(rows.get(3).startsWith("fop,0.005,1,1,4,"), rows.get(3));
    for (String method : List.of("momentum", "fop", "fop-frozen", "fop-direction")) {
      assertTrue(Files.size(folder.resolve("a/" + method + ".safetensors")) > 4 * 99_710, method);
    }
    Assumptions.assumeTrue(Charts.problem().isEmpty(), Charts.problem());
    assertEquals(1280, ImageIO.read(folder.resolve("a/curves.png").toFile()).getWidth());
    assertEquals(1920, ImageIO.read(folder.resolve("a/fop-learned.png").toFile()).getWidth());
  }

  /** Four layers, three of which give a gradient to the one before, and the test images' pass. */
  @Test
  void tellsWhereTheTimeWent() throws IOException {
    Program program =
        mnist("a", "--steps", "2", "--epochs", "1", "--method", "momentum", "--profile").done();
    String products =
        program.out().lines().filter(l -> l.startsWith("| matmul ")).findFirst().orElseThrow();
    assertEquals(2 * (4 + 4 + 3) + 4, Integer.parseInt(products.split(" *\\| *")[2]));
    assertTrue(program.out().contains("\n| between ops "), program.out());
  }

  @Test
  void theMethodsStartFromTheSameWeightsAndDiffer() throws IOException {
    mnist("a", "--steps", "1", "--epochs", "1", "--method", "momentum,fop,fop-frozen").done();
    List<String> rows = Files.readAllLines(folder.resolve("a/curves.csv"));
    String firstLoss = rows.get(1).split(",")[5];
    assertEquals(firstLoss, rows.get(2).split(",")[5]);
    assertEquals(firstLoss, rows.get(3).split(",")[5]);
    byte[] momentum = Files.readAllBytes(folder.resolve("a/momentum.safetensors"));
    byte[] fop = Files.readAllBytes(folder.resolve("a/fop.safetensors"));
    assertFalse(Arrays.equals(momentum, fop));
  }

  /** Saved within the second epoch and gone on with: the bits of a run in one piece. */
  @Test
  void resumeEndsWithTheSameBits() throws IOException {
    String[] options = {"--epochs", "2", "--rank", "4", "--method", "fop"};
    mnist("whole", with(options, "--batch", "300")).done();
    mnist("parts", with(options, "--batch", "300", "--steps", "40")).done();
    Program rest = mnist("parts", with(options, "--batch", "300", "--resume")).done();
    assertTrue(rest.out().contains("step 60"), rest.out());
    assertFalse(rest.out().contains("step 30"), rest.out());
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole/fop.safetensors")),
        Files.readAllBytes(folder.resolve("parts/fop.safetensors")));
    Program other = mnist("parts", with(options, "--resume", "--batch", "200"));
    assertEquals(1, other.code());
    assertTrue(
        other.err().contains("is of a run with other --batch; got 300; expected 200"), other.err());
    assertEquals(
        3, Files.readAllLines(folder.resolve("parts/curves.csv")).size(), "an epoch, a row");
  }

  private static String[] with(String[] options, String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(options));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void divergenceStopsWithLayerStepAndAdvice() {
    Program result = mnist("a", "--lr", "1e9", "--epochs", "1", "--rank", "2", "--method", "fop");
    assertEquals(1, result.code());
    assertTrue(result.out().contains("fop-seed1 stopped"), result.out());
    assertTrue(result.err().matches("(?s).*step [0-9]+.*"), result.err());
    assertTrue(
        result.err().matches("(?s).*(parameter|output of) [0-9].*|.*[0-9].weight.*"), result.err());
    assertTrue(result.err().contains("hint: "), result.err());
  }

  @Test
  void aMethodThatDivergesLeavesTheOthers() throws IOException {
    Program result =
        mnist(
            "a", "--m-rate", "100", "--epochs", "1", "--rank", "2", "--method", "fop,momentum,fop");
    assertEquals(1, result.code());
    assertTrue(result.err().startsWith("fop-seed1: "), result.err());
    assertEquals(1, result.err().lines().count(), result.err());
    List<String> rows = Files.readAllLines(folder.resolve("a/curves.csv"));
    assertEquals(2, rows.size());
    assertTrue(rows.get(1).startsWith("momentum,0.005,1,"));
    assertTrue(result.out().lines().noneMatch(l -> l.contains("fop.safetensors")), result.out());
  }

  /** One step, whose loss is finite, to weights that are not. */
  @Test
  void brokenWeightsAreNotKept() {
    String[] options = {"--lr", "1e38", "--momentum", "0.5", "--steps", "1", "--method"};
    Program result = mnist("a", with(options, "momentum"));
    assertEquals(1, result.code(), result.out());
    assertTrue(result.err().contains("stopped after step 1"), result.err());
    assertFalse(Files.exists(folder.resolve("a/momentum.safetensors")));
    Program again = mnist("a", with(options, "momentum", "--resume"));
    assertEquals(1, again.code());
    assertTrue(again.out().contains("momentum-seed1 diverged before"), again.out());
    assertEquals(result.err(), again.err());
    assertFalse(Files.exists(folder.resolve("a/momentum.safetensors")));
  }

  @Test
  void whatDivergedIsNotTriedAgain() {
    String[] options = {"--lr", "1e9", "--epochs", "1", "--rank", "2", "--method", "fop"};
    Program first = mnist("a", options);
    Program again = mnist("a", with(options, "--resume"));
    assertEquals(1, again.code());
    assertEquals(first.err(), again.err());
    assertTrue(again.out().contains("fop-seed1 diverged before"), again.out());
  }

  @Test
  void aDamagedCheckpointIsNamedAndTheOneBeforeTaken() throws IOException {
    String[] options = {"--batch", "1000", "--method", "momentum", "--epochs"};
    mnist("whole", with(options, "3")).done();
    mnist("parts", with(options, "2")).done();
    Path newest = folder.resolve("parts/runs/momentum-seed1/step-000000000018.safetensors");
    Files.write(newest, Arrays.copyOf(Files.readAllBytes(newest), 1000));
    Program rest = mnist("parts", with(options, "3", "--resume")).done();
    assertTrue(rest.out().contains(newest + ": "), rest.out());
    assertTrue(rest.out().contains("goes on from the checkpoint before"), rest.out());
    assertTrue(rest.out().contains("momentum-seed1 goes on after step 9"), rest.out());
    assertTrue(Files.exists(newest.resolveSibling(newest.getFileName() + ".damaged")));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole/momentum.safetensors")),
        Files.readAllBytes(folder.resolve("parts/momentum.safetensors")));
  }

  /** What a run without --resume finds is in the way, and may be days of work. */
  @Test
  void aRunThatBeginsAnewLeavesTheOneBefore() throws IOException {
    String[] options = {"--epochs", "1", "--batch", "1000", "--method", "momentum"};
    mnist("a", with(options, "--steps", "9")).done();
    Program second = mnist("a", with(options, "--steps", "2")).done();
    assertTrue(
        second.out().contains("momentum-seed1 begins anew; what was there is kept in "),
        second.out());
    try (Stream<Path> files = Files.list(folder.resolve("a/runs/momentum-seed1"))) {
      assertEquals(
          List.of("before-step-000000000009.safetensors", "step-000000000002.safetensors"),
          files.map(f -> f.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void otherOptionsAreNamedByResume() {
    String[] options = {"--steps", "2", "--epochs", "1", "--rank", "2", "--method", "fop"};
    mnist("a", options).done();
    for (String[] other :
        new String[][] {
          {"--lr", "0.1"}, {"--momentum", "0.5"}, {"--sigma", "0.5"}, {"--m-rate", "0.5"}
        }) {
      Program changed = mnist("a", with(options, "--resume", other[0], other[1]));
      assertEquals(1, changed.code());
      assertTrue(
          changed.err().contains("is of a run with other " + other[0] + "; got "), changed.err());
      assertTrue(changed.err().contains("; expected " + other[1] + ";"), changed.err());
    }
    Program fewer = mnist("a", with(options, "--resume", "--limit", "100"));
    assertTrue(
        fewer.err().contains("other number of training images; got 9000; expected 100"),
        fewer.err());
    Program less = mnist("a", with(options, "--resume", "--eval-limit", "100"));
    assertTrue(
        less.err().contains("other number of test images; got 1000; expected 100"), less.err());
  }

  @Test
  void aFolderBelongsToOneRun() throws IOException {
    try (Results held = Results.in(folder.resolve("a"))) {
      Program second = mnist("a", "--steps", "1", "--epochs", "1", "--method", "momentum");
      assertEquals(1, second.code());
      assertTrue(second.err().startsWith("results: another run writes here"), second.err());
      assertThrows(
          IOException.class,
          () ->
              held.write(
                  "half.txt",
                  file -> {
                    Files.writeString(file, "half");
                    throw new IOException("full");
                  }));
      try (Stream<Path> files = Files.list(folder.resolve("a"))) {
        assertEquals(List.of(".lock"), files.map(f -> f.getFileName().toString()).toList());
      }
    }
    mnist("a", "--steps", "1", "--epochs", "1", "--method", "momentum").done();
  }

  @Test
  void aFileInPlaceOfTheFolderIsNamed() throws IOException {
    Files.writeString(folder.resolve("a"), "");
    Program result = mnist("a", "--steps", "1", "--epochs", "1");
    assertEquals(1, result.code());
    assertTrue(result.err().startsWith("cannot read or write: "), result.err());
  }

  @ParameterizedTest
  @CsvSource({
    "--lr, 0, --lr must be a number above 0",
    "--lr, NaN, --lr must be a number above 0",
    "--epochs, 0, --epochs must be at least 1",
    "--steps, 0, --steps must be at least 1",
    "--batch, 0, --batch must be at least 1",
    "--momentum, 1, --momentum must be at least 0 and below 1",
    "--rank, -1, '--rank must be at least 1, or 0 for a square M'",
    "--sigma, 0, --sigma must be a number above 0",
    "--m-rate, -1, --m-rate must be a number of at least 0",
    "--checkpoint-minutes, 0, --checkpoint-minutes must be a number above 0",
    "--checkpoint-minutes, NaN, --checkpoint-minutes must be a number above 0",
    "--eval-limit, 0, --eval-limit must be at least 1",
    "--seeds, 0, --seeds must be at least 1",
    "--method, sgf, '--method: no \"sgf\"'",
    "--method, ',', --method must be at least one name",
    "--epochs, ten, Invalid value for option '--epochs'",
    "--frobnicate, 1, Unknown option"
  })
  void badOptionsAreNotUnderstood(String option, String value, String message) {
    Program result = mnist("a", option, value);
    assertEquals(2, result.code());
    assertTrue(result.err().contains(message), result.err());
    assertFalse(Files.exists(folder.resolve("a")), "nothing was written");
  }

  @Test
  void aGraphNeedsAGpuAndNoProfile() {
    Program cpu = mnist("a", "--graph", "--device", "cpu");
    assertEquals(2, cpu.code());
    assertTrue(
        cpu.err().startsWith("--graph must be used on a GPU (--device cuda); this is cpu"),
        cpu.err());
    Program profiled = mnist("a", "--graph", "--profile");
    assertEquals(2, profiled.code());
    assertTrue(profiled.err().startsWith("--graph must be used without --profile"), profiled.err());
    assertFalse(Files.exists(folder.resolve("a")), "nothing was written");
  }

  @Test
  void badDataAndDevicesAreNamed() {
    Program data = mnist("a", "--data", folder.resolve("missing").toString());
    assertEquals(1, data.code());
    assertTrue(data.err().contains("missing"), data.err());
    Program device = mnist("a", "--device", "gpu");
    assertEquals(1, device.code());
    assertTrue(device.err().startsWith("gpu: no such device"), device.err());
    // One GPU too many for any machine.
    Program gpu = mnist("a", "--device", "cuda:999");
    assertEquals(1, gpu.code());
    assertTrue(gpu.err().startsWith("cuda:999: cannot run here; got "), gpu.err());
    Program simulated = mnist("a", "--device", "simulated");
    assertEquals(1, simulated.code());
    assertTrue(simulated.err().startsWith("simulated: cannot run here; got "), simulated.err());
    assertFalse(Files.exists(folder.resolve("a")), "nothing was written");
  }

  @Test
  void doctorNamesEveryBackend() {
    String out = Program.run(List.of("doctor")).done().out();
    for (String name :
        List.of(
            "Java",
            "threads",
            "memory",
            "reference",
            "cpu",
            "cuda",
            "cuBLAS",
            "cuDNN",
            "pictures")) {
      assertTrue(out.lines().anyMatch(l -> l.startsWith(name + " ")), out);
    }
    assertTrue(out.contains("reference    runs"), out);
    assertTrue(out.matches("(?s).*\ncuda +(cannot run: |runs: driver ).*"), out);
  }

  @Test
  void helpListsThePrograms() {
    String out = Program.run(List.of("--help")).done().out();
    assertTrue(out.contains("mnist") && out.contains("doctor") && out.contains("xor"), out);
    assertEquals(2, Program.run(List.of()).code());
    assertEquals(2, Program.run(List.of("mnits")).code());
  }
}
