package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.fop.Preconditioner.Form;
import org.junit.jupiter.api.Test;

class NormTest {
  /** The scale of M does not matter to sqrt(m) M M^T / |M M^T|, so H has no part along M. */
  @Test
  void theExactHypergradientOfANormalisedProductIsOrthogonalToM() {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Generator random = new Generator(5);
                      Tensor m = random.normal(1, 4, 4).to(DType.FLOAT64);
                      Tensor g = random.normal(1, 4, 3).to(DType.FLOAT64);
                      Tensor u = random.normal(1, 4, 3).to(DType.FLOAT64);
                      Tensor exact =
                          new FopMatrix(Form.PRODUCT, m, Norm.EXACT).hypergradient(g, u, 0.1);
                      Tensor plain =
                          new FopMatrix(Form.PRODUCT, m, Norm.PLAIN).hypergradient(g, u, 0.1);
                      assertEquals(0, exact.mul(m).sum().item(), 1e-12);
                      assertTrue(Math.abs(plain.mul(m).sum().item()) > 0.01);
                    }));
  }
}
