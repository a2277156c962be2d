package org.hypergrad.examples.chart;

import java.awt.Color;
import java.awt.Font;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;

/** A matrix as colours around white for 0. */
final class HeatMap {
  /** Rows up to which there is place for numbers. */
  private static final int WRITTEN = 10;

  /** The bound below which two decimals, for which there is place, say nothing of most entries. */
  private static final double LEAST_WRITTEN = 0.02;

  private static final Color[] COLOURS = {
    new Color(33, 102, 172), Color.WHITE, new Color(178, 24, 43)
  };

  private HeatMap() {}

  static HeatMapChart of(Plot.Matrix matrix, Charts.Size size) {
    HeatMapChart chart =
        new HeatMapChartBuilder()
            .width(size.width())
            .height(size.height())
            .title(matrix.title())
            .build();
    double[][] values = matrix.values();
    List<Number[]> cells = new ArrayList<>();
    double bound = rounded(Math.max(matrix.bound(), Double.MIN_NORMAL));
    for (int row = 0; row < values.length; row++) {
      for (int column = 0; column < values[row].length; column++) {
        // The library counts rows from below.
        cells.add(new Number[] {column, values.length - 1 - row, values[row][column]});
      }
    }
    chart.getStyler().setRangeColors(COLOURS).setMin(-bound).setMax(bound).setDrawBorder(false);
    boolean written = values.length <= WRITTEN && bound >= LEAST_WRITTEN;
    chart.getStyler().setShowValue(written).setHeatMapValueDecimalPattern("0.00");
    chart.getStyler().setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 12));
    chart.getStyler().setValueFont(new Font(Font.SANS_SERIF, Font.PLAIN, 10));
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setXAxisTicksVisible(false).setYAxisTicksVisible(false);
    chart.addSeries(matrix.title(), range(values[0].length), range(values.length), cells);
    return chart;
  }

  /** Up to two digits: the scale shows it as it is. */
  private static double rounded(double value) {
    return new BigDecimal(value).round(new MathContext(2, RoundingMode.UP)).doubleValue();
  }

  private static List<Integer> range(int count) {
    return IntStream.range(0, count).boxed().toList();
  }
}
