package org.hypergrad.examples.toy;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;

/** The functions of Figure 1, each with the start and the rate with which it reproduces. */
enum Surface {
  /** Booth's (x + 2y - 7)^2 + (2x + y - 5)^2, with one minimum. */
  BOOTH("Booth", 0.005, new float[] {0, -4}, new Counts(832, 6221, 543)) {
    @Override
    Tensor value(Tensor x, Tensor y) {
      Tensor first = x.add(y.mul(2)).sub(7);
      Tensor second = x.mul(2).add(y).sub(5);
      return first.square().add(second.square());
    }
  },
  /** Himmelblau's (x^2 + y - 11)^2 + (x + y^2 - 7)^2, with four minima. */
  HIMMELBLAU("Himmelblau", 0.001, new float[] {0, -1}, new Counts(386, 5398, 289)) {
    @Override
    Tensor value(Tensor x, Tensor y) {
      Tensor first = x.square().add(y).sub(11);
      Tensor second = x.add(y.square()).sub(7);
      return first.square().add(second.square());
    }
  };

  private final String label;
  private final double rate;
  private final float[] start;
  private final Counts paper;

  /** Steps to converge, of each method. */
  record Counts(long sgd, long adam, long fop) {}

  Surface(String label, double rate, float[] start, Counts paper) {
    this.label = label;
    this.rate = rate;
    this.start = start;
    this.paper = paper;
  }

  /** The function, element by element; x and y may be the two axes of a grid. */
  abstract Tensor value(Tensor x, Tensor y);

  /** The function on a grid, to draw it: by y, then by x. */
  double[][] values(double[] x, double[] y) {
    double[] flat =
        Device.reference()
            .call(
                () ->
                    Scope.call(
                        () ->
                            value(Tensor.of(x, 1, x.length), Tensor.of(y, y.length, 1))
                                .toDoubles()));
    return IntStream.range(0, y.length)
        .mapToObj(row -> Arrays.copyOfRange(flat, row * x.length, (row + 1) * x.length))
        .toArray(double[][]::new);
  }

  /** The learning rate of all methods. */
  double rate() {
    return rate;
  }

  /** Where all methods start. */
  float[] start() {
    return start.clone();
  }

  /** What the paper's figure says. */
  Counts paper() {
    return paper;
  }

  @Override
  public String toString() {
    return label;
  }
}
