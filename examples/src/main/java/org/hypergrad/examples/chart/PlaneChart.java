package org.hypergrad.examples.chart;

import java.awt.Color;
import java.util.List;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Contours of a function of the plane in grey, and paths over them. */
final class PlaneChart {
  private static final Color LINE = new Color(175, 175, 175);

  private PlaneChart() {}

  static XYChart of(Plot.Plane plot, Charts.Size size) {
    XYChart chart = CurveChart.empty(plot.title(), "x", "y", size);
    Contours contours = new Contours(plot.x(), plot.y(), plot.values());
    for (double level : plot.levels()) {
      List<Contours.Point> ends = contours.at(level);
      if (!ends.isEmpty()) {
        contour(chart, "level " + level, ends);
      }
    }
    for (int i = 0; i < plot.paths().size(); i++) {
      CurveChart.line(chart, plot.paths().get(i), i).setLineStyle(SeriesLines.SOLID);
    }
    chart.getStyler().setXAxisMin(plot.x()[0]).setXAxisMax(plot.x()[plot.x().length - 1]);
    chart.getStyler().setYAxisMin(plot.y()[0]).setYAxisMax(plot.y()[plot.y().length - 1]);
    chart.getStyler().setPlotGridLinesVisible(false);
    return chart;
  }

  /** Each piece ends with a point that is not there, which interrupts the line. */
  private static void contour(XYChart chart, String name, List<Contours.Point> ends) {
    int pieces = ends.size() / 2;
    double[] x = new double[3 * pieces];
    double[] y = new double[3 * pieces];
    IntStream.range(0, 3 * pieces)
        .forEach(
            i -> {
              Contours.Point end = ends.get(i / 3 * 2 + Math.min(i % 3, 1));
              x[i] = end.x();
              y[i] = i % 3 == 2 ? Double.NaN : end.y();
            });
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.NONE).setLineStyle(SeriesLines.SOLID).setLineWidth(1);
    series.setLineColor(LINE).setShowInLegend(false);
  }
}
