package org.hypergrad.examples.chart;

import java.awt.Color;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.lines.SeriesLines;

/**
 * Histograms one behind another: each stands a step lower than the one before and hides what lies
 * behind it.
 */
final class HistogramChart {
  private static final int BINS = 40;

  /** Height of each, in steps from one histogram to the next. */
  private static final double OVERLAP = 3;

  private static final Color BACK = new Color(250, 205, 170);
  private static final Color FRONT = new Color(190, 70, 20);

  private HistogramChart() {}

  static XYChart of(Plot.Histograms plot, Charts.Size size) {
    XYChart chart = CurveChart.empty(plot.title(), plot.x(), "", size);
    List<Plot.Sample> samples = plot.samples();
    double least = values(samples).min().orElse(0);
    double greatest = values(samples).max().orElse(1);
    double step = step(greatest - least);
    double low = step * Math.floor(least / step);
    double high = step * (Math.floor(greatest / step) + 1);
    double width = (high - low) / BINS;
    for (int i = 0; i < samples.size(); i++) {
      double floor = samples.size() - 1 - i;
      double depth = samples.size() == 1 ? 1 : (double) i / (samples.size() - 1);
      draw(chart, samples.get(i), low, width, floor, between(depth));
    }
    chart.getStyler().setXAxisMin(low).setXAxisMax(high).setXAxisDecimalPattern(pattern(step));
    chart.getStyler().setYAxisTicksVisible(false).setPlotGridHorizontalLinesVisible(false);
    chart.getStyler().setLegendVisible(false);
    name(chart, samples);
    return chart;
  }

  /** About a tenth of a range: a power of ten, or two or five times it. */
  private static double step(double range) {
    double tenth = Math.max(range, 1e-6) / 10;
    double power = Math.pow(10, Math.floor(Math.log10(tenth)));
    double times = tenth / power;
    return power * (times < 2 ? 2 : times < 5 ? 5 : 10);
  }

  /** Numbers with a decimal more than multiples of half a step have: ticks may be at others. */
  static String pattern(double step) {
    BigDecimal half = new BigDecimal(step / 2).round(new MathContext(2)).stripTrailingZeros();
    int decimals = Math.max(0, half.scale() + 1);
    return decimals == 0 ? "0" : "0." + "#".repeat(decimals);
  }

  private static DoubleStream values(List<Plot.Sample> samples) {
    return samples.stream().flatMapToDouble(s -> Arrays.stream(s.values()));
  }

  private static int[] counts(Plot.Sample sample, double low, double width) {
    int[] counts = new int[BINS];
    for (double value : sample.values()) {
      counts[Math.min(BINS - 1, (int) ((value - low) / width))]++;
    }
    return counts;
  }

  /** As high at its fullest as the others at theirs. */
  private static void draw(
      XYChart chart, Plot.Sample sample, double low, double width, double floor, Color fill) {
    int[] counts = counts(sample, low, width);
    double fullest = Arrays.stream(counts).max().orElseThrow();
    double[] x = new double[2 * BINS + 2];
    double[] y = new double[x.length];
    x[0] = low;
    y[0] = floor;
    for (int i = 0; i < BINS; i++) {
      x[2 * i + 1] = low + i * width;
      x[2 * i + 2] = low + (i + 1) * width;
      y[2 * i + 1] = floor + OVERLAP * counts[i] / fullest;
      y[2 * i + 2] = y[2 * i + 1];
    }
    x[x.length - 1] = low + BINS * width;
    y[x.length - 1] = floor;
    XYSeries series = CurveChart.area(chart, sample.name(), x, y, fill);
    series.setLineStyle(SeriesLines.SOLID).setLineColor(Color.WHITE).setLineWidth(1);
  }

  private static Color between(double depth) {
    return new Color(
        (int) (BACK.getRed() + depth * (FRONT.getRed() - BACK.getRed())),
        (int) (BACK.getGreen() + depth * (FRONT.getGreen() - BACK.getGreen())),
        (int) (BACK.getBlue() + depth * (FRONT.getBlue() - BACK.getBlue())));
  }

  /** The first and the last name, at the side of their histograms. */
  private static void name(XYChart chart, List<Plot.Sample> samples) {
    if (samples.isEmpty()) {
      return;
    }
    chart.setYAxisTitle(
        IntStream.of(samples.size() - 1, 0)
            .mapToObj(i -> samples.get(i).name())
            .distinct()
            .reduce((front, back) -> front + " (front) to " + back + " (back)")
            .orElseThrow());
  }
}
