package org.hypergrad.examples.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {
  private static final Spread A = new Spread(new double[] {96.9, 97.1, 97.4, 96.8, 97.0});
  private static final Spread B = new Spread(new double[] {97.6, 97.2, 97.9, 97.5, 97.3});

  @Test
  void describesASample() {
    assertEquals(97.04, A.mean(), 1e-9);
    // The variance is .212 / 4.
    assertEquals(Math.sqrt(0.053), A.deviation(), 1e-9);
    assertEquals(96.8, A.least());
    assertEquals(97.4, A.greatest());
    assertEquals("97.0 ± 0.2", A.text(1, 1));
    assertEquals("50.00", Spread.of(List.of("12345"), s -> s.length() / 10.0).text(100, 2));
  }

  /** SciPy 1: {@code stats.ttest_ind(a, b, equal_var=False)}. */
  @Test
  void testsWhetherMeansDiffer() {
    assertEquals(0.02130888782838573, A.welch(B), 1e-9);
    assertEquals(0.02130888782838573, B.welch(A), 1e-9);
    assertEquals(1, A.welch(A), 1e-9);
  }

  @Test
  void doesNotTestWhereNothingVaries() {
    Spread one = new Spread(new double[] {97});
    Spread same = new Spread(new double[] {97, 97});
    assertTrue(Double.isNaN(one.welch(A)));
    assertTrue(Double.isNaN(A.welch(one)));
    assertTrue(Double.isNaN(same.welch(new Spread(new double[] {98, 98}))));
    assertTrue(Double.isNaN(one.deviation()));
    assertTrue(Double.isNaN(new Spread(new double[0]).mean()));
  }
}
