package org.hypergrad.examples.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** PNG files with panels side by side. */
public final class Charts {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 520;

  private static final List<Marker> MARKERS =
      List.of(
          SeriesMarkers.CIRCLE, SeriesMarkers.DIAMOND, SeriesMarkers.SQUARE, SeriesMarkers.CROSS);

  private static final List<BasicStroke> LINES =
      List.of(SeriesLines.SOLID, SeriesLines.SOLID, SeriesLines.DASH_DASH, SeriesLines.DOT_DOT);

  private Charts() {}

  /**
   * Curves with common axes.
   *
   * @param title what is shown
   * @param x name of the horizontal axis
   * @param y name of the vertical axis
   */
  public record Panel(String title, String x, String y, List<Curve> curves) {}

  /** Points of one curve. */
  public record Curve(String name, double[] x, double[] y) {}

  /**
   * A matrix as colours: blue below 0, white at 0, red above, dark at the largest magnitude.
   *
   * @param values by row, the first on top
   */
  public record Matrix(String title, double[][] values) {}

  /** Why no picture can be drawn here; empty if it can. Never throws. */
  public static String problem() {
    try {
      BitmapEncoder.getBufferedImage(chart(new Panel("", "", "", List.of())));
      return "";
    } catch (Throwable failure) {
      // No libfontconfig, no font, or a Java without a desktop module: each ends here.
      return "cannot be drawn: " + failure + "; install fontconfig and a font such as DejaVu";
    }
  }

  /** Draws curves into a file whose name ends with {@code .png}. */
  public static void curves(Path file, List<Panel> panels) throws IOException {
    save(file, panels.stream().map(Charts::chart).toList());
  }

  /** Draws matrices into a file whose name ends with {@code .png}. */
  public static void matrices(Path file, List<Matrix> matrices) throws IOException {
    save(file, matrices.stream().map(Charts::chart).toList());
  }

  private static void save(Path file, List<? extends Chart<?, ?>> charts) throws IOException {
    List<Chart<?, ?>> all = new ArrayList<>(charts);
    BitmapEncoder.saveBitmap(all, 1, all.size(), file.toString(), BitmapFormat.PNG);
  }

  private static XYChart chart(Panel panel) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(panel.title())
            .xAxisTitle(panel.x())
            .yAxisTitle(panel.y())
            .theme(ChartTheme.Matlab)
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    for (int i = 0; i < panel.curves().size(); i++) {
      // Curves may lie on each other: each has marks of its own.
      Curve curve = panel.curves().get(i);
      XYSeries series = chart.addSeries(curve.name(), curve.x(), curve.y());
      series.setMarker(MARKERS.get(i % MARKERS.size()));
      series.setLineStyle(LINES.get(i % LINES.size()));
    }
    return chart;
  }

  private static HeatMapChart chart(Matrix matrix) {
    HeatMapChart chart =
        new HeatMapChartBuilder().width(WIDTH).height(HEIGHT).title(matrix.title()).build();
    double[][] values = matrix.values();
    List<Number[]> cells = new ArrayList<>();
    double largest = Double.MIN_NORMAL;
    for (int row = 0; row < values.length; row++) {
      for (int column = 0; column < values[row].length; column++) {
        double value = values[row][column];
        largest = Math.max(largest, Math.abs(value));
        // The library counts rows from below.
        cells.add(new Number[] {column, values.length - 1 - row, value});
      }
    }
    chart
        .getStyler()
        .setRangeColors(new Color[] {new Color(33, 102, 172), Color.WHITE, new Color(178, 24, 43)});
    double bound = rounded(largest);
    chart.getStyler().setMin(-bound).setMax(bound).setDrawBorder(false).setShowValue(false);
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
