package org.hypergrad.fop;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.random.Generator;

/**
 * The learned preconditioner P of one parameter (Moskovitz et al., "First-Order Preconditioning via
 * Hypergradient Descent", arXiv 1910.08461), held as a factor M so that P is symmetric and never
 * negative. The parameter is seen as a matrix [m, n] that P [m, m] multiplies from the left: a
 * dense weight [inputs, outputs] as it is, a convolution's kernels as [height width, inputs
 * outputs].
 *
 * <p>Who makes one owns it and closes it.
 *
 * @param form how P comes from M
 * @param factor M, [m, k]
 */
public record FopMatrix(Form form, Tensor factor) implements AutoCloseable {
  /** How P comes from M. */
  public enum Form {
    /** P = M M^T, for M [m, m] that starts at the identity. */
    PRODUCT,
    /** P = I + M M^T, for M [m, k] of low rank that starts small, but not at 0: M = 0 stays 0. */
    IDENTITY_PLUS_PRODUCT
  }

  /**
   * Takes {@code factor} out of its scope.
   *
   * @throws ShapeException if it is no matrix
   */
  public FopMatrix {
    if (factor.rank() != 2) {
      throw new ShapeException("fop", "not a matrix", factor.spec().toString(), "M [m, k]", "");
    }
    factor.retain();
  }

  /** P = M M^T with M = I, float32: the first steps are those of the plain optimizer. */
  public static FopMatrix identity(long m) {
    Tensor rows = Tensor.arange(0, 1, m, DType.INT32);
    return new FopMatrix(Form.PRODUCT, rows.oneHot(m));
  }

  /** P = I + M M^T with M [m, k] drawn from a normal distribution, float32. */
  public static FopMatrix lowRank(Generator random, double deviation, long m, long k) {
    return new FopMatrix(Form.IDENTITY_PLUS_PRODUCT, random.normal(deviation, m, k));
  }

  /**
   * P g, without forming P.
   *
   * @param gradient g [m, n]
   * @return [m, n], of the current scope
   */
  public Tensor precondition(Tensor gradient) {
    Tensor product = factor.matmul(factor.transpose().matmul(gradient));
    return switch (form) {
      case PRODUCT -> product;
      case IDENTITY_PLUS_PRODUCT -> gradient.add(product);
    };
  }

  /**
   * The derivative of the loss by M through the step theta -= rate P g(t-1) (Eq. 10): H = -rate
   * (g(t) g(t-1)^T + g(t-1) g(t)^T) M. The same for both forms, and computed in O(m n k).
   *
   * @param gradient g(t) [m, n], of the loss after that step
   * @param previous g(t-1) [m, n], the gradient that the step took
   * @param rate learning rate of the step
   * @return [m, k], of the current scope
   */
  public Tensor hypergradient(Tensor gradient, Tensor previous, double rate) {
    Tensor one = gradient.matmul(previous.transpose().matmul(factor));
    Tensor other = previous.matmul(gradient.transpose().matmul(factor));
    return one.add(other).mul(-rate);
  }

  /** M -= rate H. */
  public void descend(Tensor hypergradient, double rate) {
    factor.assign(factor.sub(hypergradient.mul(rate)));
  }

  /** Ends M. */
  @Override
  public void close() {
    factor.close();
  }
}
