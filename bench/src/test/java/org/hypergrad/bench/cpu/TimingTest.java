package org.hypergrad.bench.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class TimingTest {
  @Test
  void rateIsWorkByTimeAndPercentIsOfTheCeiling() {
    // 3 MB in 2 ms are 1.5 GB/s, an eighth of 12.
    assertEquals(
        new Timing("copy", 2, 0.5, 10, "GB/s", 3_000_000, 1.5, 12.5, 64),
        Timing.of("copy", 2e6, 0.5e6, 10, Cost.bytes(3_000_000), 12, 64));
    // 40,000 multiplications in 10 us are 8 GFLOP/s.
    assertEquals(
        new Timing("product", 0.01, 0, 10, "GFLOP/s", 80_000, 8, 100, 0),
        Timing.of("product", 1e4, 0, 10, Cost.products(40_000), Double.NaN, 0));
  }

  @Test
  void timesHaveFourDigits() {
    assertEquals(
        List.of("123.5 ns", "1.235 us", "12.35 us", "999.0 us", "1.000 ms", "12.35 s", "12346 s"),
        List.of(
            Timing.time(123.46e-6),
            Timing.time(1.2346e-3),
            Timing.time(12.346e-3),
            Timing.time(0.999),
            Timing.time(1),
            Timing.time(12346),
            Timing.time(12_345_678)));
  }

  @Test
  void errorIsAShareOfTheTime() {
    assertEquals("25.0 %", new Timing("copy", 2, 0.5, 10, "GB/s", 1, 1, 1, 0).error());
  }

  @Test
  void refusesWhatIsNoTime() {
    for (double ms : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(
          IllegalArgumentException.class, () -> new Timing("x", ms, 0, 1, "GB/s", 1, 1, 1, 0));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new Timing("x", 1, Double.NaN, 1, "GB/s", 1, 1, 1, 0));
  }
}
