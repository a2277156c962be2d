package org.hypergrad.examples.learned;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.fop.FopDiagnostics;

/**
 * P of one layer of k x k kernels at one time, and what it does to the gradient of the next step.
 *
 * @param step after how many steps
 * @param layer from 1, of those with a P
 * @param angle between the gradient g and P g, in degrees; NaN at the end, as the others
 * @param gain |P g| / |g|
 * @param cosine of g and what P multiplied in the last step
 * @param eigenvalues ascending
 * @param p by row, [k k, k k]; position (r, c) of the kernel is row and column k r + c
 */
record Snapshot(
    long step,
    int layer,
    double angle,
    double gain,
    double cosine,
    double[] eigenvalues,
    double[][] p) {
  /** Numbers of a row before the eigenvalues. */
  private static final int HEAD = 5;

  /** A row of a probe: the components, P [k k, k k] by row as the last. */
  static double[] row(long step, int layer, FopDiagnostics.Row seen, double[] p) {
    return Stream.of(
            new double[] {step, layer, seen.angle(), seen.gain(), seen.cosine()},
            seen.eigenvalues().stream().mapToDouble(Double::doubleValue).toArray(),
            p)
        .flatMapToDouble(Arrays::stream)
        .toArray();
  }

  /** Undoes {@link #row}. */
  static Snapshot of(double[] row) {
    // n eigenvalues and n n entries: n is the root, rounded down.
    int size = (int) Math.sqrt(row.length - HEAD);
    double[] eigenvalues = Arrays.copyOfRange(row, HEAD, HEAD + size);
    double[][] p =
        IntStream.rangeClosed(1, size)
            .map(i -> HEAD + i * size)
            .mapToObj(at -> Arrays.copyOfRange(row, at, at + size))
            .toArray(double[][]::new);
    return new Snapshot((long) row[0], (int) row[1], row[2], row[3], row[4], eigenvalues, p);
  }

  /** Those of a run's last look, by layer. */
  static List<Snapshot> last(Outcome run) {
    List<Snapshot> all = run.samples().stream().map(Snapshot::of).toList();
    return all.stream().filter(s -> s.step() == all.getLast().step()).toList();
  }

  /** Whether it is more than a number, as which the P of 1 x 1 kernels acts. */
  boolean isMatrix() {
    return p.length > 1;
  }

  double least() {
    return eigenvalues[0];
  }

  double greatest() {
    return eigenvalues[eigenvalues.length - 1];
  }

  /** Mean of the diagonal. */
  double diagonal() {
    return IntStream.range(0, p.length).mapToDouble(i -> p[i][i]).average().orElseThrow();
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
    int side = (int) Math.round(Math.sqrt(p.length));
    return entries(
        (from, to) -> {
          int rows = Math.abs(from / side - to / side);
          int columns = Math.abs(from % side - to % side);
          return rows + columns == 1;
        });
  }

  /** Picks entries by row and column. */
  private interface Choice {
    boolean picks(int row, int column);
  }

  private DoubleStream entries(Choice choice) {
    return IntStream.range(0, p.length * p.length)
        .filter(i -> choice.picks(i / p.length, i % p.length))
        .mapToDouble(i -> p[i / p.length][i % p.length]);
  }

  /** The greatest magnitude of the entries that are not on the diagonal. */
  double greatestBesideDiagonal() {
    return entries((row, column) -> row != column).map(Math::abs).max().orElseThrow();
  }

  /**
   * u^T P u for a unit vector u of equal entries: the factor for what is equal at all positions.
   */
  double constant() {
    return entries((_, _) -> true).sum() / p.length;
  }

  /** The entries of P - I. */
  double[] change() {
    return IntStream.range(0, p.length * p.length)
        .mapToDouble(i -> p[i / p.length][i % p.length] - (i / p.length == i % p.length ? 1 : 0))
        .toArray();
  }
}
