package org.hypergrad.examples.chart;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.internal.chartpart.Chart;

/** PNG files with panels in rows. */
public final class Charts {
  /** Width and height of a panel, in pixels. */
  record Size(int width, int height) {
    private static final Size LARGE = new Size(640, 520);
    private static final Size SMALL = new Size(440, 380);
  }

  private Charts() {}

  /** Why no picture can be drawn here; empty if it can. Never throws. */
  public static String problem() {
    try {
      BitmapEncoder.getBufferedImage(chart(new Plot.Curves("", "", "", List.of()), Size.SMALL));
      return "";
    } catch (Throwable failure) {
      // No libfontconfig, no font, or a Java without a desktop module: each ends here.
      return "cannot be drawn: " + failure + "; install fontconfig and a font such as DejaVu";
    }
  }

  /**
   * Draws plots, smaller where there are more than three in a row.
   *
   * @param file its name ends with {@code .png}
   * @param columns plots in a row
   */
  public static void draw(Path file, int columns, List<? extends Plot> plots) throws IOException {
    Size size = columns > 3 ? Size.SMALL : Size.LARGE;
    List<Chart<?, ?>> charts = new ArrayList<>();
    plots.forEach(plot -> charts.add(chart(plot, size)));
    int rows = Math.ceilDiv(plots.size(), columns);
    BitmapEncoder.saveBitmap(charts, rows, columns, file.toString(), BitmapFormat.PNG);
  }

  private static Chart<?, ?> chart(Plot plot, Size size) {
    return switch (plot) {
      case Plot.Curves curves -> CurveChart.of(curves, size);
      case Plot.Matrix matrix -> HeatMap.of(matrix, size);
      case Plot.Histograms histograms -> HistogramChart.of(histograms, size);
      case Plot.Plane plane -> PlaneChart.of(plane, size);
    };
  }
}
