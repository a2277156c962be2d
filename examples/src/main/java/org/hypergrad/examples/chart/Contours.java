package org.hypergrad.examples.chart;

import java.util.ArrayList;
import java.util.List;

/** Lines of equal value of a function that is known on a grid, by marching squares. */
final class Contours {
  private final double[] x;
  private final double[] y;
  private final double[][] values;

  /** Of values by y, then by x. */
  Contours(double[] x, double[] y, double[][] values) {
    this.x = x;
    this.y = y;
    this.values = values;
  }

  /** A point of the plane. */
  record Point(double x, double y) {}

  /**
   * Pieces of the lines where the function has a value: two ends after two ends. Where a saddle
   * leaves open which crossings belong together, neighbours along the cell's border do.
   */
  List<Point> at(double level) {
    List<Point> ends = new ArrayList<>();
    for (int row = 0; row + 1 < y.length; row++) {
      for (int column = 0; column + 1 < x.length; column++) {
        ends.addAll(crossings(row, column, level));
      }
    }
    return ends;
  }

  /** Where the level crosses a cell's border, in order around it: none, two or four points. */
  private List<Point> crossings(int row, int column, double level) {
    int[] rows = {row, row, row + 1, row + 1, row};
    int[] columns = {column, column + 1, column + 1, column, column};
    List<Point> found = new ArrayList<>(4);
    for (int side = 0; side < 4; side++) {
      double from = values[rows[side]][columns[side]];
      double to = values[rows[side + 1]][columns[side + 1]];
      if (from < level != to < level) {
        double t = (level - from) / (to - from);
        found.add(
            new Point(
                between(x[columns[side]], x[columns[side + 1]], t),
                between(y[rows[side]], y[rows[side + 1]], t)));
      }
    }
    return found;
  }

  private static double between(double from, double to, double t) {
    return from + t * (to - from);
  }
}
