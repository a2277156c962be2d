package org.hypergrad.examples.chart;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** One panel of a picture. */
public sealed interface Plot {
  /** What is shown. */
  String title();

  /**
   * Curves with common axes.
   *
   * @param x name of the horizontal axis
   * @param y name of the vertical axis
   * @param logarithmic whether the horizontal axis is
   */
  record Curves(String title, String x, String y, List<Curve> curves, boolean logarithmic)
      implements Plot {
    /** With linear axes. */
    public Curves(String title, String x, String y, List<Curve> curves) {
      this(title, x, y, curves, false);
    }
  }

  /**
   * Points of one curve.
   *
   * @param band what is shaded around it, if anything
   */
  record Curve(String name, double[] x, double[] y, Optional<Band> band) {
    /** Without a band. */
    public Curve(String name, double[] x, double[] y) {
      this(name, x, y, Optional.empty());
    }
  }

  /** A range of values at each point of a curve, such as that of several runs. */
  record Band(double[] low, double[] high) {}

  /**
   * A matrix as colours: blue below 0, white at 0, red above. A small one has its numbers written
   * in, unless they are tiny.
   *
   * @param values by row, the first on top
   * @param bound the magnitude from which on a colour is as dark as it gets
   */
  record Matrix(String title, double[][] values, double bound) implements Plot {
    /** Darkest at the largest magnitude. */
    public Matrix(String title, double[][] values) {
      this(
          title,
          values,
          Arrays.stream(values).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElse(0));
    }
  }

  /**
   * Distributions one behind another, the first at the back: how one changes over time.
   *
   * @param x what is distributed
   */
  record Histograms(String title, String x, List<Sample> samples) implements Plot {}

  /** Values whose distribution is shown. */
  record Sample(String name, double[] values) {}

  /**
   * A function of the plane by lines of equal value, and paths over it.
   *
   * @param x where it was sampled, ascending
   * @param y likewise
   * @param values by y, then by x
   * @param levels the values that have lines
   */
  record Plane(
      String title, double[] x, double[] y, double[][] values, double[] levels, List<Curve> paths)
      implements Plot {}

  /**
   * Values over two settings as colours, pale for the least and dark for the greatest, with texts
   * written in.
   *
   * @param x name of the horizontal axis
   * @param columns what stands along it
   * @param y name of the vertical axis
   * @param rows what stands along it, the first on top
   * @param cells by row, then by column
   * @param low the value of the palest colour
   * @param high the value of the darkest
   */
  record Field(
      String title,
      String x,
      List<String> columns,
      String y,
      List<String> rows,
      List<List<Cell>> cells,
      double low,
      double high)
      implements Plot {}

  /**
   * One of the cells of a field.
   *
   * @param value NaN for none, which is grey
   * @param lines what is written in it
   * @param marked whether it stands out, by a frame
   */
  record Cell(double value, List<String> lines, boolean marked) {}
}
