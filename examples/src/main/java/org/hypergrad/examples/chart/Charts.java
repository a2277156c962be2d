package org.hypergrad.examples.chart;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;

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
      image(new Plot.Curves("", "", "", List.of()), Size.SMALL);
      return "";
    } catch (Throwable failure) {
      // No libfontconfig, no font, or a Java without a desktop module: each ends here.
      return "cannot be drawn: " + failure + "; install fontconfig and a font such as DejaVu";
    }
  }

  /**
   * Draws plots, smaller where there are more than three in a row.
   *
   * @param columns plots in a row
   */
  public static void draw(Path file, int columns, List<? extends Plot> plots) throws IOException {
    Size size = columns > 3 ? Size.SMALL : Size.LARGE;
    int rows = Math.ceilDiv(plots.size(), columns);
    BufferedImage all =
        new BufferedImage(columns * size.width, rows * size.height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = all.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, all.getWidth(), all.getHeight());
    for (int i = 0; i < plots.size(); i++) {
      BufferedImage one = image(plots.get(i), size);
      graphics.drawImage(one, i % columns * size.width, i / columns * size.height, null);
    }
    graphics.dispose();
    ImageIO.write(all, "png", file.toFile());
  }

  private static BufferedImage image(Plot plot, Size size) {
    return switch (plot) {
      case Plot.Curves curves -> BitmapEncoder.getBufferedImage(CurveChart.of(curves, size));
      case Plot.Matrix matrix -> BitmapEncoder.getBufferedImage(HeatMap.of(matrix, size));
      case Plot.Histograms histograms ->
          BitmapEncoder.getBufferedImage(HistogramChart.of(histograms, size));
      case Plot.Plane plane -> BitmapEncoder.getBufferedImage(PlaneChart.of(plane, size));
      case Plot.Field field -> FieldImage.of(field, size);
    };
  }
}
