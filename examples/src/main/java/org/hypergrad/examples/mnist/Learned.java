package org.hypergrad.examples.mnist;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.examples.chart.Charts;
import org.hypergrad.examples.chart.Plot;
import org.hypergrad.fop.Fop;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.Optimizer;

/**
 * What the preconditioners of two layers learned, as pictures: what learning added to the diagonal
 * of the first layer's P, pixel by pixel; what it added to the P of the second layer; and that P,
 * less I, at the end.
 */
final class Learned {
  private static final int SIDE = 28;

  private Learned() {}

  /** Draws them for a network whose weights have a P of the form I + M M^T. */
  static void draw(Path file, Fop fop, Optimizer optimizer) throws IOException {
    List<Parameter> weights =
        optimizer.parameters().stream().filter(p -> optimizer.state(p.name()).has("M")).toList();
    Charts.draw(file, 3, Scope.call(() -> matrices(weights, fop, optimizer)));
  }

  private static List<Plot.Matrix> matrices(List<Parameter> weights, Fop fop, Optimizer optimizer) {
    Parameter first = weights.get(0);
    Parameter second = weights.get(1);
    Tensor pixels =
        diagonal(optimizer.state(first.name()).get("M"))
            .sub(diagonal(fop.firstFactor(first)))
            .reshape(SIDE, SIDE);
    Tensor end = gram(optimizer.state(second.name()).get("M"));
    Tensor added = end.sub(gram(fop.firstFactor(second)));
    return List.of(
        matrix(first.name() + ": learned change of each pixel's factor", pixels),
        matrix(second.name() + ": learned change of P", added),
        matrix(second.name() + ": P - I = M M^T at the end", end));
  }

  private static Tensor gram(Tensor m) {
    return m.matmul(m.transpose());
  }

  /** The diagonal of M M^T. */
  private static Tensor diagonal(Tensor m) {
    return m.square().sum(1);
  }

  private static Plot.Matrix matrix(String title, Tensor values) {
    double[] flat = values.toDoubles();
    int columns = Math.toIntExact(values.extent(1));
    double[][] rows = new double[Math.toIntExact(values.extent(0))][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(flat, i * columns, (i + 1) * columns);
    }
    return new Plot.Matrix(title, rows);
  }
}
