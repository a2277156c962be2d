package org.hypergrad.examples.mnist;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnglesTest {
  /** Measured on random square matrices in numpy. */
  @ParameterizedTest
  @CsvSource({"1, 26.6", "5, 39.8", "9, 42.0", "100, 44.7"})
  void theAngleOfARandomMatrix(double a, double degrees) {
    assertEquals(degrees, Angles.ofRandom(100, Math.sqrt(a / 100)), 0.05);
  }
}
