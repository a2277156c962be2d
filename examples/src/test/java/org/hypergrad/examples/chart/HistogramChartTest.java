package org.hypergrad.examples.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class HistogramChartTest {
  @Test
  void ticksHaveAsManyDecimalsAsTellThemApart() {
    assertEquals("0", HistogramChart.pattern(20));
    assertEquals("0.#", HistogramChart.pattern(2));
    assertEquals("0.##", HistogramChart.pattern(1));
    assertEquals("0.##", HistogramChart.pattern(0.2));
    assertEquals("0.####", HistogramChart.pattern(0.05));
    assertEquals("0.#####", HistogramChart.pattern(2e-4));
  }
}
