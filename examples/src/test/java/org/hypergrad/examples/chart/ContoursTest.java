package org.hypergrad.examples.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ContoursTest {
  private static double[] axis(int points) {
    return IntStream.range(0, points).mapToDouble(i -> 4.0 * i / (points - 1) - 2).toArray();
  }

  /** x^2 + y^2 = 1: all points near the circle, and together as long as it. */
  @Test
  void findsACircle() {
    double[] x = axis(81);
    double[] y = axis(101);
    double[][] values = new double[y.length][x.length];
    for (int row = 0; row < y.length; row++) {
      for (int column = 0; column < x.length; column++) {
        values[row][column] = x[column] * x[column] + y[row] * y[row];
      }
    }
    List<Contours.Point> ends = new Contours(x, y, values).at(1);
    ends.forEach(p -> assertEquals(1, Math.hypot(p.x(), p.y()), 1e-3));
    double length = 0;
    for (int i = 0; i < ends.size(); i += 2) {
      Contours.Point a = ends.get(i);
      Contours.Point b = ends.get(i + 1);
      length += Math.hypot(a.x() - b.x(), a.y() - b.y());
    }
    assertEquals(2 * Math.PI, length, 0.01);
    assertTrue(new Contours(x, y, values).at(9).isEmpty());
  }

  /** x y = 0 at the saddle's own level and beside it: pieces never cross. */
  @Test
  void passesASaddle() {
    double[] axis = {-1, 1};
    double[][] values = {{1, -1}, {-1, 1}};
    List<Contours.Point> ends = new Contours(axis, axis, values).at(0);
    assertEquals(4, ends.size());
    // Each piece joins two neighbouring sides, whose middles are sqrt(2) apart.
    for (int i = 0; i < 4; i += 2) {
      Contours.Point a = ends.get(i);
      Contours.Point b = ends.get(i + 1);
      assertEquals(Math.sqrt(2), Math.hypot(a.x() - b.x(), a.y() - b.y()), 1e-12);
    }
  }
}
