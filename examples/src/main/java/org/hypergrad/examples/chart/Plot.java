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
   */
  record Curves(String title, String x, String y, List<Curve> curves) implements Plot {}

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
   * in.
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
}
