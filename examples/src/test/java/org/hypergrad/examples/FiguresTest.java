package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.hypergrad.engine.Device;
import org.hypergrad.examples.chart.Charts;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The figures on few images: what is written where, and that interrupted runs go on. */
class FiguresTest {
  @TempDir private Path folder;

  private Program run(String program, String name, String... options) {
    List<String> all = new ArrayList<>(List.of(program, "--out", folder.resolve(name).toString()));
    all.addAll(List.of(options));
    return Program.run(all);
  }

  private static String[] with(String[] options, String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(options));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private List<String> lines(String file) throws IOException {
    return Files.readAllLines(folder.resolve(file));
  }

  private void assertPicture(int width, int height, String file) throws IOException {
    Assumptions.assumeTrue(Charts.problem().isEmpty(), Charts.problem());
    var picture = ImageIO.read(folder.resolve(file).toFile());
    assertEquals(width, picture.getWidth(), file);
    assertEquals(height, picture.getHeight(), file);
  }

  @Test
  void whiteningShowsEveryMatrix() throws IOException {
    long before = Device.best().memory().live();
    String[] options = {"--limit", "60", "--steps", "3", "--seeds", "2", "--momentum", "0,0.9"};
    Program program = run("whitening", "a", options).done();
    assertEquals(before, Device.best().memory().live());
    assertTrue(program.out().contains("| momentum | base "), program.out());
    assertTrue(
        program.out().contains("momentum 0.9, direction, seed 1: P of conv5 after 3 steps"),
        program.out());
    // Two presets at two momenta, two seeds, five layers and that of the classes.
    List<String> matrices = lines("a/matrices.csv");
    assertEquals(1 + 4 * 2 * 6, matrices.size());
    assertEquals(
        "momentum,method,seed,step,layer,angle,gain,cosine,eigenvalues,p_by_row",
        matrices.getFirst());
    String[] first = matrices.get(1).split(",", -1);
    assertTrue(matrices.get(1).startsWith("0.0,paper,1,3,conv1,,,,"), matrices.get(1));
    assertEquals(9, first[8].split(" ").length);
    assertEquals(81, first[9].split(" ").length);
    assertEquals(1, matrices.get(6).split(",", -1)[9].split(" ").length, matrices.get(6));
    // Three methods at two momenta, two seeds, two epochs: two steps and one.
    assertEquals(1 + 6 * 2 * 2, lines("a/curves.csv").size());
    assertEquals(12, lines("a/tables.md").stream().filter(l -> l.contains(" paper ")).count() - 1);
    assertPicture(5 * 440, 4 * 380, "a/matrices.png");
    assertPicture(4 * 440, 4 * 380, "a/training.png");
    assertPicture(2 * 640, 2 * 520, "a/spectra.png");
    assertPicture(2 * 640, 2 * 520, "a/histograms.png");
  }

  /** The rate is far too high; what was seen before is shown. */
  @Test
  void whiteningReportsWhatDiverges() {
    Program program =
        run(
            "whitening",
            "a",
            "--limit",
            "60",
            "--steps",
            "9",
            "--lr",
            "1e12",
            "--momentum",
            "0",
            "--preset",
            "paper");
    program.done();
    assertTrue(program.out().contains("1 of 1 diverged"), program.out());
    assertTrue(program.out().contains("hint: "), program.out());
  }

  /** Ended within the second of three epochs and gone on with: the bits of runs in one piece. */
  @Test
  void whiteningGoesOn() throws IOException {
    String[] options = {"--limit", "60", "--batch", "20", "--momentum", "0.5"};
    run("whitening", "whole", with(options, "--steps", "8")).done();
    run("whitening", "parts", with(options, "--steps", "4")).done();
    Program rest = run("whitening", "parts", with(options, "--steps", "8", "--resume")).done();
    assertFalse(rest.out().contains("epoch 1 of 3"), rest.out());
    assertTrue(rest.out().contains("epoch 3 of 3, step 8"), rest.out());
    assertEquals(lines("whole/tables.md"), lines("parts/tables.md"));
    assertEquals(lines("whole/matrices.csv"), lines("parts/matrices.csv"));
    Program again = run("whitening", "parts", with(options, "--steps", "8", "--resume")).done();
    assertFalse(again.out().contains("epoch "), "what is done is not done again: " + again.out());
    assertEquals(lines("whole/tables.md"), lines("parts/tables.md"));
  }

  @Test
  void ranksAreComparedWithControls() throws IOException {
    Program program =
        run(
            "mnist",
            "a",
            "--figure",
            "ranks",
            "--ranks",
            "2,0",
            "--seeds",
            "2",
            "--limit",
            "90",
            "--batch",
            "30",
            "--epochs",
            "3");
    program.done();
    List<String> table = lines("a/table.md");
    assertEquals(
        List.of("momentum", "fop-rank-2", "fop-full", "fop-frozen", "momentum-best"),
        table.subList(2, table.size()).stream().map(l -> l.split(" *\\| *")[1]).toList());
    // M [784, 2] and three of [100, 2]; [784, 784] and three of [100, 100].
    assertTrue(table.get(3).contains(" 2168 "), table.get(3));
    assertTrue(table.get(4).contains(" 644656 "), table.get(4));
    String p = table.get(4).split(" *\\| *")[7];
    assertTrue(Double.parseDouble(p) >= 0 && Double.parseDouble(p) <= 1, table.get(4));
    assertTrue(program.out().contains("Welch's t-test"), program.out());
    assertEquals(1 + 5 * 2 * 3, lines("a/curves.csv").size());
    assertTrue(
        Files.exists(folder.resolve("a/runs/fop-rank-2-seed2/step-000000000009.safetensors")));
    assertPicture(2 * 640, 520, "a/curves.png");
  }

  @Test
  void anglesAreThoseOfARandomMatrixAtFirst() throws IOException {
    String[] options = {"--figure", "angles", "--seeds", "2", "--limit", "90", "--batch", "10"};
    run("mnist", "a", with(options, "--epochs", "3")).done();
    List<String> rows = lines("a/angles.csv");
    assertEquals("method,seed,step,layer,angle,gain", rows.getFirst());
    // Two methods, two seeds, steps 1 and 25, four layers.
    assertEquals(1 + 2 * 2 * 2 * 4, rows.size());
    for (String row : rows.subList(1, rows.size())) {
      String[] cells = row.split(",");
      assertEquals(cells[3].equals("1") ? 44.6 : 42, Double.parseDouble(cells[4]), 6, row);
    }
    run("mnist", "b", with(options, "--epochs", "1")).done();
    run("mnist", "b", with(options, "--epochs", "3", "--resume")).done();
    assertEquals(rows, lines("b/angles.csv"));
    assertPicture(2 * 640, 520, "a/angles.png");
  }

  @ParameterizedTest
  @CsvSource({
    "whitening, --momentum, '0,1', --momentum must be numbers of at least 0 and below 1",
    "whitening, --steps, 0, --steps must be at least 1",
    "whitening, --lr, 0, --lr must be a number above 0",
    "whitening, --limit, 0, --limit must be at least 1",
    "whitening, --preset, paperr, 'no \"paperr\"; there are [paper, direction]'",
    "mnist, --figure, sizes, Invalid value for option '--figure'",
    "mnist, --ranks, '2,-1', '--ranks must be numbers of at least 1, or 0 for a square M'"
  })
  void badOptionsAreNotUnderstood(String program, String option, String value, String message) {
    Program result = run(program, "a", option, value);
    assertEquals(2, result.code());
    assertTrue(result.err().contains(message), result.err());
    assertFalse(Files.exists(folder.resolve("a")), "nothing was written");
  }

  @Test
  void aFigureHasMethodsOfItsOwn() {
    Program program = run("mnist", "a", "--figure", "ranks", "--method", "adam");
    assertEquals(2, program.code());
    assertTrue(program.err().contains("--method goes with no --figure"), program.err());
  }
}
