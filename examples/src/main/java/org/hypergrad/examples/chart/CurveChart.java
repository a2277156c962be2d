package org.hypergrad.examples.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Curves with marks of their own, for they may lie on each other, and shaded bands around them. */
final class CurveChart {
  private static final int MARKED_POINTS = 40;

  /** Curves up to which their names fit below them. */
  private static final int NAMES_BELOW = 5;

  private static final List<Marker> MARKERS =
      List.of(
          SeriesMarkers.CIRCLE, SeriesMarkers.DIAMOND, SeriesMarkers.SQUARE, SeriesMarkers.CROSS);

  private static final List<BasicStroke> LINES =
      List.of(SeriesLines.SOLID, SeriesLines.SOLID, SeriesLines.DASH_DASH, SeriesLines.DOT_DOT);

  private static final List<Color> COLOURS =
      List.of(
          new Color(31, 119, 180),
          new Color(214, 96, 20),
          new Color(44, 140, 44),
          new Color(200, 30, 40),
          new Color(128, 90, 170),
          new Color(120, 80, 65),
          new Color(210, 100, 170),
          new Color(90, 90, 90),
          new Color(150, 150, 20),
          new Color(20, 160, 175));

  private CurveChart() {}

  static XYChart of(Plot.Curves plot, Charts.Size size) {
    XYChart chart = empty(plot.title(), plot.x(), plot.y(), size);
    chart.getStyler().setXAxisLogarithmic(plot.logarithmic());
    List<Plot.Curve> curves = plot.curves();
    if (curves.size() > NAMES_BELOW) {
      chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    }
    for (int i = 0; i < curves.size(); i++) {
      if (curves.get(i).band().isPresent()) {
        shade(chart, curves.get(i), curves.get(i).band().get(), colour(i));
      }
    }
    for (int i = 0; i < curves.size(); i++) {
      line(chart, curves.get(i), i);
    }
    return chart;
  }

  /** A chart with axes and nothing in it. */
  static XYChart empty(String title, String x, String y, Charts.Size size) {
    XYChart chart =
        new XYChartBuilder()
            .width(size.width())
            .height(size.height())
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .theme(ChartTheme.Matlab)
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    return chart;
  }

  static Color colour(int i) {
    return COLOURS.get(i % COLOURS.size());
  }

  /** Draws the curve as the i-th of its chart. */
  static XYSeries line(XYChart chart, Plot.Curve curve, int i) {
    XYSeries series = chart.addSeries(curve.name(), curve.x(), curve.y());
    boolean marked = curve.x().length <= MARKED_POINTS;
    series.setMarker(marked ? MARKERS.get(i % MARKERS.size()) : SeriesMarkers.NONE);
    series.setMarkerColor(colour(i)).setLineColor(colour(i));
    series.setLineStyle(LINES.get(i % LINES.size()));
    return series;
  }

  private static void shade(XYChart chart, Plot.Curve curve, Plot.Band band, Color colour) {
    area(
        chart,
        "range of " + curve.name(),
        there(curve.x(), curve.x()),
        there(band.low(), band.high()),
        new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), 50));
  }

  /** Fills a polygon; without a line around it, and not in the legend. */
  static XYSeries area(XYChart chart, String name, double[] x, double[] y, Color fill) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
    series.setMarker(SeriesMarkers.NONE).setFillColor(fill);
    series.setLineStyle(SeriesLines.NONE);
    series.setShowInLegend(false);
    return series;
  }

  /** Forth along the one and back along the other. */
  private static double[] there(double[] forth, double[] back) {
    DoubleStream reversed =
        IntStream.range(0, back.length).mapToDouble(i -> back[back.length - 1 - i]);
    return DoubleStream.concat(DoubleStream.of(forth), reversed).toArray();
  }
}
