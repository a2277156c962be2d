package org.hypergrad.examples.whitening;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SnapshotTest {
  private static Snapshot of(double[][] p) {
    double[] row = new double[2 + 9 + 81];
    row[0] = 300;
    row[1] = 5;
    for (int i = 0; i < 9; i++) {
      row[2 + i] = 10 * i;
      System.arraycopy(p[i], 0, row, 11 + 9 * i, 9);
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
}
