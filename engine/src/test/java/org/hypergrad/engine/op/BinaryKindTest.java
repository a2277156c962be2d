package org.hypergrad.engine.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BinaryKindTest {
  private static final double[] LEFT = {0.3, 0.7, 1.3, 2.9};
  private static final double[] RIGHT = {-2.1, -0.6, 0.4, 1.1, 3.7};

  @Test
  void edgeValuesAreThoseOfPyTorch() {
    Set<BinaryKind> seen = EnumSet.noneOf(BinaryKind.class);
    for (String[] row : EdgeTable.rows("binary_edges.csv")) {
      BinaryKind kind = BinaryKind.valueOf(row[0]);
      double x = EdgeTable.number(row, 1);
      double y = EdgeTable.number(row, 2);
      String what = String.join(",", row);
      EdgeTable.assertClose(EdgeTable.number(row, 3), kind.value(x, y), what);
      EdgeTable.assertClose(EdgeTable.number(row, 4), kind.gradientX(1, x, y), what);
      EdgeTable.assertClose(EdgeTable.number(row, 5), kind.gradientY(1, x, y), what);
      seen.add(kind);
    }
    assertEquals(EnumSet.allOf(BinaryKind.class), seen);
  }

  @ParameterizedTest
  @EnumSource
  void gradientsAreTheSlopesOfTheValue(BinaryKind kind) {
    double h = 1e-5;
    for (double x : LEFT) {
      for (double y : RIGHT) {
        double slopeX = (kind.value(x + h, y) - kind.value(x - h, y)) / (2 * h);
        double slopeY = (kind.value(x, y + h) - kind.value(x, y - h)) / (2 * h);
        String at = "at " + x + ", " + y;
        assertEquals(1.5 * slopeX, kind.gradientX(1.5, x, y), tolerance(slopeX), at);
        assertEquals(1.5 * slopeY, kind.gradientY(1.5, x, y), tolerance(slopeY), at);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void gradientsReadOnlyWhatIsKept(BinaryKind kind) {
    double x = kind.keeps() == Keeps.NOTHING ? Double.NaN : 0.7;
    double y = kind.keeps() == Keeps.NOTHING ? Double.NaN : 1.1;
    assertEquals(kind.gradientX(1.5, 0.7, 1.1), kind.gradientX(1.5, x, y), 0);
    assertEquals(kind.gradientY(1.5, 0.7, 1.1), kind.gradientY(1.5, x, y), 0);
  }

  @Test
  void comparisonsAreOrderedAndNaNDiffersFromAll() {
    double[] values = {Double.NEGATIVE_INFINITY, -1, 0, 2, Double.POSITIVE_INFINITY};
    for (int i = 0; i < values.length; i++) {
      for (int j = 0; j < values.length; j++) {
        assertEquals(i == j, CompareKind.EQ.test(values[i], values[j]));
        assertEquals(i != j, CompareKind.NE.test(values[i], values[j]));
        assertEquals(i < j, CompareKind.LT.test(values[i], values[j]));
        assertEquals(i <= j, CompareKind.LE.test(values[i], values[j]));
        assertEquals(i > j, CompareKind.GT.test(values[i], values[j]));
        assertEquals(i >= j, CompareKind.GE.test(values[i], values[j]));
      }
    }
    assertTrue(CompareKind.EQ.test(-0.0, 0.0));
    assertFalse(CompareKind.LT.test(-0.0, 0.0));
    for (CompareKind kind : CompareKind.values()) {
      assertEquals(kind == CompareKind.NE, kind.test(Double.NaN, 1));
      assertEquals(kind == CompareKind.NE, kind.test(1, Double.NaN));
      assertEquals(kind == CompareKind.NE, kind.test(Double.NaN, Double.NaN));
    }
  }

  private static double tolerance(double slope) {
    return 1e-8 * Math.max(1, Math.abs(slope));
  }
}
