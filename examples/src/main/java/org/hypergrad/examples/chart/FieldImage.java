package org.hypergrad.examples.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/** A field with a scale beside it; drawn here, for no chart of the library's has texts in cells. */
final class FieldImage {
  private static final Color PALE = new Color(240, 245, 252);
  private static final Color DARK = new Color(16, 78, 139);
  private static final Color NONE = new Color(205, 205, 205);
  private static final Color MARK = new Color(222, 110, 20);

  private static final int LEFT = 80;
  private static final int RIGHT = 90;
  private static final int TOP = 45;
  private static final int BOTTOM = 60;
  private static final int GAP = 2;
  private static final int FRAME = 4;
  private static final int SCALE_WIDTH = 16;

  private final Plot.Field field;
  private final Graphics2D graphics;
  private final int width;
  private final int height;

  private FieldImage(Plot.Field field, Graphics2D graphics, Charts.Size size) {
    this.field = field;
    this.graphics = graphics;
    this.width = size.width() - LEFT - RIGHT;
    this.height = size.height() - TOP - BOTTOM;
  }

  static BufferedImage of(Plot.Field field, Charts.Size size) {
    BufferedImage image =
        new BufferedImage(size.width(), size.height(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, size.width(), size.height());
    new FieldImage(field, graphics, size).draw();
    graphics.dispose();
    return image;
  }

  private void draw() {
    graphics.setColor(Color.BLACK);
    font(Font.BOLD, 14);
    centred(field.title(), LEFT + width / 2, TOP / 2);
    font(Font.PLAIN, 12);
    centred(field.x(), LEFT + width / 2, TOP + height + 2 * BOTTOM / 3);
    graphics.rotate(-Math.PI / 2);
    centred(field.y(), -(TOP + height / 2), LEFT / 4);
    graphics.rotate(Math.PI / 2);
    for (int column = 0; column < field.columns().size(); column++) {
      centred(field.columns().get(column), (x(column) + x(column + 1)) / 2, TOP + height + 15);
    }
    for (int row = 0; row < field.rows().size(); row++) {
      graphics.setColor(Color.BLACK);
      font(Font.PLAIN, 12);
      centred(field.rows().get(row), 2 * LEFT / 3, (y(row) + y(row + 1)) / 2);
      for (int column = 0; column < field.columns().size(); column++) {
        cell(field.cells().get(row).get(column), row, column);
      }
    }
    scale();
  }

  private int x(int column) {
    return LEFT + width * column / field.columns().size();
  }

  private int y(int row) {
    return TOP + height * row / field.rows().size();
  }

  private void cell(Plot.Cell cell, int row, int column) {
    int left = x(column) + GAP;
    int top = y(row) + GAP;
    int across = x(column + 1) - GAP - left;
    int down = y(row + 1) - GAP - top;
    graphics.setColor(colour(cell.value()));
    graphics.fillRect(left, top, across, down);
    if (cell.marked()) {
      graphics.setColor(MARK);
      graphics.setStroke(new BasicStroke(FRAME));
      graphics.drawRect(left + FRAME / 2, top + FRAME / 2, across - FRAME, down - FRAME);
    }
    graphics.setColor(share(cell.value()) > 0.5 ? Color.WHITE : Color.BLACK);
    List<String> lines = cell.lines();
    for (int i = 0; i < lines.size(); i++) {
      font(i == 0 ? Font.BOLD : Font.PLAIN, fitting(lines.get(i), across - 2 * FRAME));
      centred(
          lines.get(i),
          left + across / 2,
          top + down / 2 + (int) Math.round(15 * (i - (lines.size() - 1) / 2.0)));
    }
  }

  /** The largest size, up to that of all, in which a text is no wider than its cell. */
  private int fitting(String text, int across) {
    int points = 12;
    font(Font.BOLD, points);
    while (points > 6 && graphics.getFontMetrics().stringWidth(text) > across) {
      font(Font.BOLD, --points);
    }
    return points;
  }

  /** The colours beside the field, the greatest value on top. */
  private void scale() {
    int left = LEFT + width + RIGHT / 5;
    for (int i = 0; i < height; i++) {
      graphics.setColor(between(1 - (double) i / height));
      graphics.fillRect(left, TOP + i, SCALE_WIDTH, 1);
    }
    graphics.setColor(Color.BLACK);
    font(Font.PLAIN, 11);
    int steps = 4;
    for (int i = 0; i <= steps; i++) {
      double value = field.high() - (field.high() - field.low()) * i / steps;
      graphics.drawString(
          String.format(Locale.ROOT, "%.1f", value),
          left + SCALE_WIDTH + 5,
          TOP + height * i / steps + 4);
    }
  }

  private void font(int style, int points) {
    graphics.setFont(new Font(Font.SANS_SERIF, style, points));
  }

  private void centred(String text, int x, int y) {
    FontMetrics metrics = graphics.getFontMetrics();
    graphics.drawString(
        text,
        x - metrics.stringWidth(text) / 2,
        y + (metrics.getAscent() - metrics.getDescent()) / 2);
  }

  private double share(double value) {
    double range = field.high() - field.low();
    return range > 0 ? Math.clamp((value - field.low()) / range, 0.0, 1.0) : 0;
  }

  private Color colour(double value) {
    return Double.isNaN(value) ? NONE : between(share(value));
  }

  private static Color between(double share) {
    return new Color(
        part(PALE.getRed(), DARK.getRed(), share),
        part(PALE.getGreen(), DARK.getGreen(), share),
        part(PALE.getBlue(), DARK.getBlue(), share));
  }

  private static int part(int from, int to, double share) {
    return (int) Math.round(from + share * (to - from));
  }
}
