package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.fop.Preconditioner.Form;
import org.junit.jupiter.api.Test;

class SpectrumTest {
  private static void assertSpectrum(double[] expected, Form form, float[] m, long... extents) {
    Scope.run(
        () ->
            assertArrayEquals(
                expected,
                new FopMatrix(form, Tensor.of(m, extents), Norm.NONE).eigenvalues(),
                1e-5));
  }

  /** M M^T = (5 11; 11 25), whose eigenvalues have the sum 30 and the product 4. */
  @Test
  void ofAProduct() {
    double root = Math.sqrt(221);
    float[] m = {1, 2, 3, 4};
    assertSpectrum(new double[] {15 - root, 15 + root}, Form.PRODUCT, m, 2, 2);
    assertSpectrum(new double[] {16 - root, 16 + root}, Form.IDENTITY_PLUS_PRODUCT, m, 2, 2);
  }

  @Test
  void ofLowRank() {
    assertSpectrum(
        new double[] {1, 1, 10}, Form.IDENTITY_PLUS_PRODUCT, new float[] {1, 2, 2}, 3, 1);
  }
}
