package org.hypergrad.engine.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnaryKindTest {
  private static final double[] POINTS = {-3.1, -1.7, -0.9, -0.3, 0.2, 0.7, 1.3, 2.9, 4.6};

  @Test
  void edgeValuesAreThoseOfPyTorch() {
    Set<UnaryKind> seen = EnumSet.noneOf(UnaryKind.class);
    for (String[] row : EdgeTable.rows("unary_edges.csv")) {
      UnaryKind kind = UnaryKind.valueOf(row[0]);
      double a = EdgeTable.number(row, 1);
      double b = EdgeTable.number(row, 2);
      double x = EdgeTable.number(row, 3);
      String what = String.join(",", row);
      double y = kind.value(x, a, b);
      EdgeTable.assertClose(EdgeTable.number(row, 4), y, what);
      EdgeTable.assertClose(EdgeTable.number(row, 5), kind.gradient(1, x, y, a, b), what);
      seen.add(kind);
    }
    assertEquals(EnumSet.allOf(UnaryKind.class), seen);
  }

  @ParameterizedTest
  @EnumSource
  void gradientIsTheSlopeOfTheValue(UnaryKind kind) {
    double a = firstParameter(kind);
    double b = 2;
    int checked = 0;
    for (double x : POINTS) {
      double y = kind.value(x, a, b);
      double step = 1e-5;
      double slope = (kind.value(x + step, a, b) - kind.value(x - step, a, b)) / (2 * step);
      if (Double.isNaN(slope)) {
        continue;
      }
      double gradient = kind.gradient(1.5, x, y, a, b);
      assertEquals(1.5 * slope, gradient, 1e-8 * Math.max(1, Math.abs(gradient)), "at " + x);
      checked++;
    }
    assertTrue(checked >= 5, "defined at " + checked + " points");
  }

  @ParameterizedTest
  @EnumSource
  void gradientReadsOnlyWhatItKeeps(UnaryKind kind) {
    double a = firstParameter(kind);
    for (double x : POINTS) {
      double y = kind.value(x, a, 2);
      double gradient = kind.gradient(1.5, x, y, a, 2);
      double keptX = kind.keeps() == Keeps.INPUT ? x : Double.NaN;
      double keptY = kind.keeps() == Keeps.OUTPUT ? y : Double.NaN;
      assertEquals(gradient, kind.gradient(1.5, keptX, keptY, a, 2), 0, "at " + x);
    }
  }

  @Test
  void negationKeepsTheSignOfZero() {
    assertEquals(Double.doubleToRawLongBits(-0.0), bits(UnaryKind.NEG.value(0.0, 0, 0)));
    assertEquals(Double.doubleToRawLongBits(0.0), bits(UnaryKind.NEG.value(-0.0, 0, 0)));
    assertEquals(Double.doubleToRawLongBits(-0.0), bits(UnaryKind.RELU.value(-0.0, 0, 0)));
  }

  @Test
  void hardShrinkKeepsWhatIsLargerAndNaN() {
    assertEquals(0, UnaryKind.HARD_SHRINK.value(-0.5, 0.5, 0));
    assertEquals(0.6, UnaryKind.HARD_SHRINK.value(0.6, 0.5, 0));
    assertEquals(-0.6, UnaryKind.HARD_SHRINK.value(-0.6, 0.5, 0));
    assertEquals(Double.NaN, UnaryKind.HARD_SHRINK.value(Double.NaN, 0.5, 0));
  }

  private static long bits(double value) {
    return Double.doubleToRawLongBits(value);
  }

  private static double firstParameter(UnaryKind kind) {
    return switch (kind) {
      case LEAKY_RELU -> 0.1;
      case HARD_SHRINK -> 0.4;
      case POW -> 3;
      case CLAMP -> -1;
      case ADD_SCALAR, MUL_SCALAR -> -2.5;
      case NEG, ABS, EXP, LOG, SQRT, SQUARE, RECIPROCAL, SIN, COS, TANH, SIGMOID, RELU, GELU -> 0;
      case GELU_TANH, SOFTPLUS -> 0;
    };
  }
}
