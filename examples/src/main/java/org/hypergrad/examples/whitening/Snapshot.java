package org.hypergrad.examples.whitening;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hypergrad.engine.Gradients;
import org.hypergrad.examples.experiment.Probe;
import org.hypergrad.fop.Fop;
import org.hypergrad.fop.FopMatrix;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.Optimizer;

/**
 * P of one layer of 3 x 3 kernels at one time.
 *
 * @param step after how many steps
 * @param layer from 1
 * @param eigenvalues ascending
 * @param p by row, [9, 9]; position (r, c) of the kernel is row and column 3 r + c
 */
record Snapshot(long step, int layer, double[] eigenvalues, double[][] p) {
  private static final int SIDE = 3;
  private static final int SIZE = SIDE * SIDE;

  /** Of each layer, every {@code every} steps and at the end. */
  record Snapshots(Fop fop, long every) implements Probe {
    @Override
    public List<double[]> before(Optimizer optimizer, Gradients gradients) {
      boolean due = optimizer.steps() > 0 && optimizer.steps() % every == 0;
      return due ? atTheEnd(optimizer) : List.of();
    }

    @Override
    public List<double[]> atTheEnd(Optimizer optimizer) {
      List<double[]> rows = new ArrayList<>();
      for (Parameter parameter : optimizer.parameters()) {
        fop.matrix(parameter, optimizer.state(parameter.name()))
            .filter(matrix -> matrix.factor().extent(0) == SIZE)
            .ifPresent(matrix -> rows.add(row(optimizer.steps(), rows.size() + 1, matrix)));
      }
      return rows;
    }
  }

  private static double[] row(long step, int layer, FopMatrix matrix) {
    return Stream.of(new double[] {step, layer}, matrix.eigenvalues(), matrix.matrix().toDoubles())
        .flatMapToDouble(Arrays::stream)
        .toArray();
  }

  /** Undoes what a {@link Snapshots} probe made of it. */
  static Snapshot of(double[] row) {
    double[][] p =
        IntStream.range(0, SIZE)
            .map(i -> 2 + SIZE + i * SIZE)
            .mapToObj(at -> Arrays.copyOfRange(row, at, at + SIZE))
            .toArray(double[][]::new);
    return new Snapshot((long) row[0], (int) row[1], Arrays.copyOfRange(row, 2, 2 + SIZE), p);
  }

  /** Mean of the diagonal. */
  double diagonal() {
    return IntStream.range(0, SIZE).mapToDouble(i -> p[i][i]).average().orElseThrow();
  }

  /** Mean of the entries between positions that lie side by side or one above the other. */
  double neighbours() {
    return neighbourEntries().average().orElseThrow();
  }

  /** The greatest of those entries. */
  double greatestNeighbour() {
    return neighbourEntries().max().orElseThrow();
  }

  private DoubleStream neighbourEntries() {
    return IntStream.range(0, SIZE * SIZE)
        .filter(
            i -> {
              int from = i / SIZE;
              int to = i % SIZE;
              int rows = Math.abs(from / SIDE - to / SIDE);
              int columns = Math.abs(from % SIDE - to % SIDE);
              return rows + columns == 1;
            })
        .mapToDouble(i -> p[i / SIZE][i % SIZE]);
  }

  /** The greatest magnitude of the entries that are not on the diagonal. */
  double greatestBesideDiagonal() {
    return IntStream.range(0, SIZE * SIZE)
        .filter(i -> i / SIZE != i % SIZE)
        .mapToDouble(i -> Math.abs(p[i / SIZE][i % SIZE]))
        .max()
        .orElseThrow();
  }

  /** u^T P u for u = 1/3 throughout: the factor for what is equal at all positions. */
  double constant() {
    return Arrays.stream(p).flatMapToDouble(Arrays::stream).sum() / SIZE;
  }

  /** The entries of P - I. */
  double[] change() {
    return IntStream.range(0, SIZE * SIZE)
        .mapToDouble(i -> p[i / SIZE][i % SIZE] - (i / SIZE == i % SIZE ? 1 : 0))
        .toArray();
  }
}
