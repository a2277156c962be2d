package org.hypergrad.examples.learned;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SnapshotTest {
  private static Snapshot of(double[][] p) {
    double[] row = new double[5 + 9 + 81];
    row[0] = 300;
    row[1] = 5;
    row[2] = 12;
    row[3] = 0.5;
    row[4] = Double.NaN;
    for (int i = 0; i < 9; i++) {
      row[5 + i] = 10 * i;
      System.arraycopy(p[i], 0, row, 14 + 9 * i, 9);
    }
    return Snapshot.of(row);
  }

  /** The identity less {@code part} of the projection on the constant. */
  private static double[][] without(double part) {
    double[][] p = new double[9][9];
    for (int i = 0; i < 9; i++) {
      for (int j = 0; j < 9; j++) {
        p[i][j] = (i == j ? 1 : 0) - part / 9;
      }
    }
    return p;
  }

  @Test
  void readsARow() {
    Snapshot seen = of(without(0.9));
    assertEquals(300, seen.step());
    assertEquals(5, seen.layer());
    assertEquals(12, seen.angle());
    assertEquals(0.5, seen.gain());
    assertTrue(Double.isNaN(seen.cosine()));
    assertEquals(0, seen.least());
    assertEquals(80, seen.greatest());
    assertArrayEquals(new double[] {0, 10, 20, 30, 40, 50, 60, 70, 80}, seen.eigenvalues());
    assertArrayEquals(without(0.9)[3], seen.p()[3]);
  }

  @Test
  void measuresWhitening() {
    Snapshot seen = of(without(0.9));
    assertEquals(0.9, seen.diagonal(), 1e-12);
    assertEquals(-0.1, seen.neighbours(), 1e-12);
    assertEquals(0.1, seen.constant(), 1e-12);
    assertEquals(0.1, seen.greatestBesideDiagonal(), 1e-12);
    assertEquals(-0.1, seen.change()[10], 1e-12);
  }

  /** Position 2, right above, and 3, left in the middle, are next in P but not in the kernel. */
  @Test
  void neighboursAreThoseOfTheKernel() {
    double[][] p = without(0);
    p[2][3] = p[3][2] = 100;
    p[0][4] = p[4][0] = 100;
    assertEquals(0, of(p).neighbours());
    p[4][1] = p[1][4] = 1;
    // Of twelve pairs, one.
    assertEquals(1 / 12.0, of(p).neighbours(), 1e-12);
    assertEquals(1, of(p).greatestNeighbour());
  }

  /** Of 1 x 1 kernels P is a number; of 2 x 2 ones it has four of each. */
  @Test
  void readsOtherKernels() {
    Snapshot number = Snapshot.of(new double[] {300, 6, 0, 0.49, 1, 0.49, 0.49});
    assertFalse(number.isMatrix());
    assertEquals(0.49, number.diagonal(), 0);
    double[] row = new double[5 + 4 + 16];
    Arrays.setAll(row, i -> i);
    Snapshot seen = Snapshot.of(row);
    assertTrue(seen.isMatrix());
    assertArrayEquals(new double[] {5, 6, 7, 8}, seen.eigenvalues());
    assertArrayEquals(new double[] {21, 22, 23, 24}, seen.p()[3]);
    // All but the diagonals and 0-3, 1-2: 10, 11, 13, 16, 17, 20, 22, 23 of 9 to 24.
    assertEquals(16.5, seen.neighbours(), 1e-12);
  }
}
