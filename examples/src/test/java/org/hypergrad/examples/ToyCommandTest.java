package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.hypergrad.engine.Device;
import org.hypergrad.examples.chart.Charts;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Figure 1. The steps are those of an independent prototype in float32, by numpy and torch. */
class ToyCommandTest {
  @TempDir private Path folder;

  private Program toy(String... options) {
    List<String> all = new ArrayList<>(List.of("toy", "--out", folder.resolve("a").toString()));
    all.addAll(List.of(options));
    return Program.run(all);
  }

  /** The cells of the table's row for a method on a function. */
  private static List<String> row(Program program, String function, String method) {
    return program
        .out()
        .lines()
        .map(line -> List.of(line.split(" *\\| *")))
        .filter(cells -> cells.size() > 2)
        .filter(cells -> cells.get(1).equals(function) && cells.get(2).equals(method))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theStepsAreThePapersOrNearThem() throws IOException {
    long before = Device.best().memory().live();
    Program program = toy().done();
    assertEquals(before, Device.best().memory().live());
    String[][] expected = {
      {"Booth", "SGD", "832", "832"},
      {"Booth", "Adam", "6221", "6221"},
      {"Booth", "FOP", "536", "543"},
      {"Himmelblau", "SGD", "386", "386"},
      {"Himmelblau", "Adam", "5398", "5398"},
      {"Himmelblau", "FOP", "291", "289"}
    };
    for (String[] e : expected) {
      assertEquals(List.of(e[2], e[3]), row(program, e[0], e[1]).subList(4, 6));
    }
    String table = Files.readString(folder.resolve("a/table.md"));
    assertTrue(program.out().contains(table), program.out());
    assertTrue(Files.readString(Path.of("..", "README.md")).contains(table), table);
    List<String> path = Files.readAllLines(folder.resolve("a/paths.csv"));
    assertEquals("function,method,step,x,y,value", path.getFirst());
    assertEquals(1 + 833 + 6222 + 537 + 387 + 5399 + 292, path.size());
    assertEquals("Booth,SGD,0,0.0,-4.0,306.0", path.get(1));
    Assumptions.assumeTrue(Charts.problem().isEmpty(), Charts.problem());
    assertEquals(1280, ImageIO.read(folder.resolve("a/paths.png").toFile()).getWidth());
  }

  /** Adam needs more steps than it gets here. */
  @ParameterizedTest
  @CsvSource({"--order, m-first, 540, 289", "--hypergradient-at, previous-m, 539, 291"})
  void theVariantsOfFop(String option, String value, String booth, String himmelblau) {
    Program program = toy(option, value, "--steps", "1000");
    assertEquals(1, program.code());
    assertEquals(booth, row(program, "Booth", "FOP").get(4));
    assertEquals(himmelblau, row(program, "Himmelblau", "FOP").get(4));
    assertEquals("stopped at 1000", row(program, "Booth", "Adam").get(4));
    assertTrue(program.err().startsWith("Booth, Adam: not within 1000 steps"), program.err());
  }

  @Test
  void whatRunsAwayIsNamed() {
    Program program = toy("--m-rate", "0.02", "--steps", "900");
    assertEquals(1, program.code());
    assertTrue(row(program, "Booth", "FOP").get(4).startsWith("stopped at "), program.out());
    assertTrue(program.err().contains("Booth, FOP: ran away, its value is "), program.err());
    assertEquals("832", row(program, "Booth", "SGD").get(4));
  }

  @ParameterizedTest
  @CsvSource({
    "--m-rate, -1, --m-rate must be a number of at least 0",
    "--steps, 0, --steps must be at least 1",
    "--order, last, 'no \"last\"; there are [theta-first, m-first]'"
  })
  void badOptionsAreNotUnderstood(String option, String value, String message) {
    Program program = toy(option, value);
    assertEquals(2, program.code());
    assertTrue(program.err().contains(message), program.err());
    assertFalse(Files.exists(folder.resolve("a")), "nothing was written");
  }
}
