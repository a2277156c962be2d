package org.hypergrad.examples.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ScoresTest {
  private static Scores of(double... percent) {
    return new Scores(
        Arrays.stream(percent)
            .mapToObj(p -> new Score(p / 100, 1, 1, 1, Optional.empty()))
            .toList());
  }

  private static Scores diverged(Scores others) {
    Score stopped = new Score(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Optional.of("NaN"));
    return new Scores(Stream.concat(others.all().stream(), Stream.of(stopped)).toList());
  }

  /** Variances 4 and 16, so that together the deviation is the root of 10, 3.16. */
  @Test
  void betterIsOneDeviationOfBoth() {
    Scores base = of(50, 52, 54);
    assertEquals(2, base.accuracy().deviation(), 1e-9);
    assertTrue(of(51.2, 55.2, 59.2).betterThan(base));
    assertFalse(of(51.1, 55.1, 59.1).betterThan(base));
    assertFalse(base.betterThan(of(51.2, 55.2, 59.2)));
  }

  @Test
  void nothingIsBetterWithoutADeviationOrAGain() {
    assertFalse(of(99).betterThan(of(10)), "one seed has no deviation");
    assertFalse(of(50, 50).betterThan(of(50, 50)), "equal");
    assertTrue(of(51, 51).betterThan(of(50, 50)));
  }

  @Test
  void nothingIsBetterWhereARunDiverged() {
    assertTrue(of(80, 81).betterThan(of(50, 51)));
    assertFalse(diverged(of(80, 81)).betterThan(of(50, 51)));
    assertFalse(of(80, 81).betterThan(diverged(of(50, 51))));
    assertEquals(1, diverged(of(80, 81)).diverged());
    assertEquals(80.5, diverged(of(80, 81)).accuracy().mean(), 1e-9);
    assertTrue(Double.isNaN(diverged(new Scores(List.of())).accuracy().mean()));
  }
}
