package org.hypergrad.fop;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.optim.State;

/**
 * |M|_2, the largest singular value of a matrix that changes little from step to step, by power
 * iteration on M^T M: {@value #ITERATIONS} times per step, from the vector of the step before. It
 * is never above the true value, and below it by a part of about (s2/s1)^(4 x {@value #ITERATIONS})
 * where s1, s2 are the largest singular values: nothing to speak of unless they are nearly equal.
 */
final class SpectralNorm {
  static final int ITERATIONS = 16;

  private static final String VECTOR = "top";

  private SpectralNorm() {}

  /**
   * The estimate.
   *
   * @param m [m, k]
   * @param state keeps the vector [k, 1]
   */
  static double of(Tensor m, State state) {
    Tensor fresh = start(m);
    Tensor v = state.has(VECTOR) ? state.get(VECTOR).add(fresh) : fresh;
    for (int i = 0; i < ITERATIONS; i++) {
      v = m.transpose().matmul(m.matmul(v));
      v = v.div(Learning.positive(v.norm()));
    }
    state.store(VECTOR, v);
    return m.matmul(v).norm().item();
  }

  /**
   * (1, 1/2, 1/3, ...) / 10. It is added each time, so that a direction that was of no account can
   * become the largest; and no eigenvector of symmetric patterns is orthogonal to it.
   */
  private static Tensor start(Tensor m) {
    long k = m.extent(1);
    Tensor count = Tensor.arange(1, 1, k, DType.INT32).to(m.dtype());
    return count.mul(10).reciprocal().unsqueeze(1);
  }
}
