package org.hypergrad.engine.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.MathContext;
import org.junit.jupiter.api.Test;

class SpecialFunctionsTest {
  /** x, erf(x), erfc(x) with 20 digits, by mpmath 1.3 at 30 digits. */
  private static final double[][] ERF = {
    {0.1, 0.1124629160182848984, 0.8875370839817151016},
    {0.5, 0.52049987781304653768, 0.47950012218695346232},
    {1, 0.84270079294971486934, 0.15729920705028513066},
    {1.5, 0.96610514647531072707, 0.033894853524689272933},
    {2, 0.99532226501895273416, 0.0046777349810472658379},
    {2.0000001, 0.99532226708565085285, 0.0046777329143491471507},
    {2.5, 0.99959304798255504106, 0.00040695201744495893956},
    {3, 0.99997790950300141456, 0.000022090496998585441373},
    {5, 0.99999999999846254021, 1.5374597944280348502e-12},
    {10, 1.0, 2.088487583762544757e-45},
    {26, 1.0, 5.6631924088561428465e-296},
  };

  @Test
  void errorFunctionHasTheTabulatedValues() {
    for (double[] row : ERF) {
      double x = row[0];
      assertEquals(row[1], SpecialFunctions.erf(x), 1e-15, "erf " + x);
      assertEquals(-row[1], SpecialFunctions.erf(-x), 1e-15, "erf -" + x);
      assertEquals(row[2], SpecialFunctions.erfc(x), 1e-13 * row[2], "erfc " + x);
      assertEquals(1 + row[1], SpecialFunctions.erfc(-x), 1e-15, "erfc -" + x);
    }
  }

  @Test
  void errorFunctionAgreesWithItsTaylorSeriesInExactArithmetic() {
    double worst = 0;
    for (double x = -4.5; x <= 4.5; x += 0.0173) {
      worst = Math.max(worst, Math.abs(SpecialFunctions.erf(x) - taylor(x)));
    }
    assertTrue(worst < 1e-15, "worst " + worst);
  }

  @Test
  void errorFunctionAtTheEdges() {
    assertEquals(1, SpecialFunctions.erf(Double.POSITIVE_INFINITY));
    assertEquals(-1, SpecialFunctions.erf(Double.NEGATIVE_INFINITY));
    assertEquals(0, SpecialFunctions.erfc(Double.POSITIVE_INFINITY));
    assertEquals(2, SpecialFunctions.erfc(Double.NEGATIVE_INFINITY));
    assertEquals(-0.0, SpecialFunctions.erf(-0.0));
    assertTrue(Double.isNaN(SpecialFunctions.erf(Double.NaN)));
    assertTrue(Double.isNaN(SpecialFunctions.erfc(Double.NaN)));
  }

  @Test
  void normalDistributionHasTheTabulatedValues() {
    // Phi(1.96) and phi(1) of the usual tables, by mpmath 1.3.
    assertEquals(0.97500210485177963, SpecialFunctions.normalCdf(1.96), 1e-15);
    assertEquals(0.02499789514822037, SpecialFunctions.normalCdf(-1.96), 1e-15);
    assertEquals(0.24197072451914337, SpecialFunctions.normalPdf(1), 1e-16);
  }

  /** 2/sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1)), with 60 digits so that nothing is lost. */
  private static double taylor(double x) {
    MathContext digits = new MathContext(60);
    BigDecimal square = new BigDecimal(x).pow(2);
    BigDecimal power = new BigDecimal(x);
    BigDecimal sum = power;
    for (int n = 1; n < 160; n++) {
      power = power.multiply(square.negate(), digits).divide(BigDecimal.valueOf(n), digits);
      sum = sum.add(power.divide(BigDecimal.valueOf(2L * n + 1), digits));
    }
    BigDecimal pi =
        new BigDecimal("3.14159265358979323846264338327950288419716939937510582097494459");
    return sum.multiply(BigDecimal.TWO).divide(pi.sqrt(digits), digits).doubleValue();
  }
}
