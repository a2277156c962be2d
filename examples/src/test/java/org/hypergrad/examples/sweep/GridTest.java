package org.hypergrad.examples.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hypergrad.engine.error.ArgumentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GridTest {
  @Test
  void aNameBeginsTheValuesOfTheNextSetting() {
    Grid grid = Grid.parse("lr=0.01,.02, 5e-2,momentum=0,0.9,m-rate=1e-5");
    assertEquals(
        Map.of(
            "lr", List.of(0.01, 0.02, 0.05),
            "momentum", List.of(0.0, 0.9),
            "m-rate", List.of(1e-5)),
        grid.axes());
    assertEquals(List.of("lr", "momentum"), grid.varied());
    assertEquals("lr=0.01,0.02,0.05,momentum=0,0.9,m-rate=0.00001", grid.toString());
    assertEquals(6, grid.points().size());
    assertEquals(Map.of("lr", 0.01, "momentum", 0.9, "m-rate", 1e-5), grid.points().get(1));
  }

  @ParameterizedTest
  @CsvSource({
    "'0.1,lr=0.2', '\"0.1\" comes before any name'",
    "'lr=', '\"\" is no finite number'",
    "'lr=0.1,,0.2', '\"\" is no finite number'",
    "'lr=NaN', '\"NaN\" is no finite number'",
    "'=1', 'names no setting'",
    "'lr=1,lr=2', 'names no setting, or one that is there already'",
    "'lr=0.10,0.1', '0.1 is there twice'",
    "'lr=0,-0.0', '0 is there twice'",
    "'a=1,2,b=1,2,c=1,2', '[a, b, c] have several values each'"
  })
  void mistakesAreNamed(String text, String message) {
    ArgumentException mistake = assertThrows(ArgumentException.class, () -> Grid.parse(text));
    assertTrue(mistake.getMessage().contains(message), mistake.getMessage());
  }

  /** What a method has not makes no other run of it; names and numbers are exact. */
  @Test
  void cellsAreNamedByWhatTheirMethodHas() {
    Map<String, Double> point = Map.of("momentum", 0.9);
    assertEquals(new Cell("adam", Map.of(), 2), Cell.of("adam", point, Set.of("lr"), 2));
    assertEquals("adam-seed2", Cell.of("adam", point, Set.of("lr"), 2).name());
    double odd = 0.1 + 0.2;
    assertEquals("sgd-lr0.30000000000000004-seed1", new Cell("sgd", Map.of("lr", odd), 1).name());
    assertEquals(odd, Double.parseDouble(Grid.text(odd)));
    assertEquals("1000000", Grid.text(1e6));
  }
}
