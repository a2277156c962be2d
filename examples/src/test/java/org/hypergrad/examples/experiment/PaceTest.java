package org.hypergrad.examples.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class PaceTest {
  private long now;
  private final Pace pace = new Pace(() -> now);

  private void steps(int count, double seconds) {
    for (int i = 0; i < count; i++) {
      pace.step();
      now += (long) (seconds * 1e9);
    }
  }

  @Test
  void tellsTheTimeOfTheStepsThatAreLeft() {
    pace.expect(1_000);
    steps(15, 1);
    assertEquals(Optional.empty(), pace.left(), "too early");
    steps(85, 1);
    // 100 seconds for the 99 steps after the first; 900 are left.
    assertEquals(Optional.of("about 16 min"), pace.left());
    pace.expect(9_000);
    assertEquals(Optional.of("about 2 h 47 min"), pace.left());
    pace.skip(9_850);
    assertEquals(Optional.of("about 51 s"), pace.left());
    pace.skip(50);
    assertEquals(Optional.empty(), pace.left());
  }

  @Test
  void slowStepsTellSooner() {
    pace.expect(1_000);
    steps(1, 30);
    assertEquals(Optional.empty(), pace.left(), "the first step is no measure");
    steps(1, 0);
    // 30 seconds from the first step to the second; 998 are left.
    assertEquals(Optional.of("about 8 h 19 min"), pace.left());
  }

  @Test
  void quickStepsAreCounted() {
    pace.expect(100_000);
    steps(49, 0.01);
    assertEquals(Optional.empty(), pace.left());
    steps(51, 0.01);
    assertEquals(Optional.of("about 17 min"), pace.left());
  }
}
