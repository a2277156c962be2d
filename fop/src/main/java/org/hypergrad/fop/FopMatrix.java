package org.hypergrad.fop;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Tensor;
import org.hypergrad.fop.Preconditioner.Form;

/**
 * The preconditioner P of one parameter at one value of its factor M (Moskovitz et al.,
 * "First-Order Preconditioning via Hypergradient Descent", arXiv 1910.08461). P = M M^T or I + M
 * M^T, so it is symmetric and never negative; it is never formed to be used. The parameter is seen
 * as a matrix [m, n] that P [m, m] multiplies from the left.
 *
 * <p>A view: M belongs to who made it. Results are of the current scope.
 *
 * @param form how P follows from M
 * @param factor M [m, k]
 * @param norm whether P is normalised
 */
public record FopMatrix(Form form, Tensor factor, Norm norm) {
  /** I [m, m]. */
  static Tensor identity(long m, DType dtype) {
    return Tensor.arange(0, 1, m, DType.INT32).oneHot(m).to(dtype);
  }

  /** M^T x [k, n]: what P x and the hypergradient share. */
  Tensor project(Tensor x) {
    return factor.transpose().matmul(x);
  }

  /**
   * P x.
   *
   * @param x [m, n]
   * @return [m, n]
   */
  public Tensor precondition(Tensor x) {
    return precondition(x, project(x));
  }

  /** P x, from {@code q = project(x)}. */
  Tensor precondition(Tensor x, Tensor q) {
    Tensor product = unscaled(x, q);
    return norm == Norm.NONE ? product : product.mul(scale(size(gram())));
  }

  private Tensor unscaled(Tensor x, Tensor q) {
    return hasIdentity() ? factor.matmul(q, x) : factor.matmul(q);
  }

  private boolean hasIdentity() {
    return form == Form.IDENTITY_PLUS_PRODUCT;
  }

  /**
   * The derivative of the loss by M through the step theta -= rate P u (Eq. 10): H = -rate S M, S =
   * g u^T + u g^T, for both forms, in O(m n k). With {@link Norm#EXACT} it is -rate sqrt(m) / |P|
   * (S - (S, P) / |P|^2 P) M.
   *
   * @param g [m, n], the gradient after that step
   * @param u [m, n], what P multiplied in it
   * @param rate learning rate of the step
   * @return [m, k]
   */
  public Tensor hypergradient(Tensor g, Tensor u, double rate) {
    return hypergradient(g, project(g), u, rate);
  }

  /** The same, from {@code q = project(g)}. */
  Tensor hypergradient(Tensor g, Tensor q, Tensor u, double rate) {
    Tensor r = project(u);
    if (norm != Norm.EXACT) {
      return outer(g, r.mul(-rate), u, q.mul(-rate));
    }
    Tensor moved = outer(g, r, u, q);
    Tensor gram = gram();
    Tensor size = size(gram);
    Tensor inner = g.mul(unscaled(u, r)).sum().mul(2);
    Tensor along = factor.matmul(gram);
    Tensor whole = hasIdentity() ? along.add(factor) : along;
    return moved.sub(whole.mul(inner.div(size.square()))).mul(scale(size)).mul(-rate);
  }

  /** g r^T + u q^T: the smaller factors are the ones to scale. */
  private static Tensor outer(Tensor g, Tensor r, Tensor u, Tensor q) {
    return g.matmul(r.transpose(), u.matmul(q.transpose()));
  }

  /** M^T M [k, k]. */
  private Tensor gram() {
    return factor.transpose().matmul(factor);
  }

  /** |P|: |M^T M| = |M M^T|, and |I + M M^T|^2 = m + 2 |M|^2 + |M^T M|^2. */
  private Tensor size(Tensor gram) {
    Tensor product = gram.norm();
    if (!hasIdentity()) {
      return product;
    }
    Tensor mixed = factor.norm().square().mul(2);
    return product.square().add(mixed).add(factor.extent(0)).sqrt();
  }

  private Tensor scale(Tensor size) {
    return size.reciprocal().mul(Math.sqrt(factor.extent(0)));
  }

  /** P [m, m], to look at. */
  public Tensor matrix() {
    return precondition(identity(factor.extent(0), factor.dtype()));
  }

  /** |P|, the Frobenius norm. */
  public double size() {
    return norm == Norm.NONE ? size(gram()).item() : Math.sqrt(factor.extent(0));
  }

  /** What the norm multiplies P by, or 1. */
  private double scale() {
    return norm == Norm.NONE ? 1 : scale(size(gram())).item();
  }

  /** Mean of P's diagonal, without forming P. */
  public double meanDiagonal() {
    double mean = factor.square().sum().item() / factor.extent(0);
    return scale() * (hasIdentity() ? 1 + mean : mean);
  }

  /** Mean of P beside its diagonal, without forming P; NaN if P is a number. */
  public double meanOffDiagonal() {
    long m = factor.extent(0);
    double all = factor.sum(0).square().sum().item();
    return scale() * (all - factor.square().sum().item()) / (m * (m - 1));
  }

  /**
   * Singular values of M, ascending: min(m, k) numbers, in O(m k min(m, k)) on one core of the
   * host.
   */
  public double[] singularValues() {
    int rows = Math.toIntExact(factor.extent(0));
    int columns = Math.toIntExact(factor.extent(1));
    SingularValueDecomposition_F64<DMatrixRMaj> decomposition =
        DecompositionFactory_DDRM.svd(rows, columns, false, false, true);
    boolean done =
        decomposition.decompose(DMatrixRMaj.wrap(rows, columns, factor.toDoubles().clone()));
    double[] values = new double[Math.min(rows, columns)];
    if (done) {
      System.arraycopy(decomposition.getSingularValues(), 0, values, 0, values.length);
      Arrays.sort(values);
    } else {
      Arrays.fill(values, Double.NaN);
    }
    return values;
  }

  /** Eigenvalues of P, ascending: m numbers, which follow from {@link #singularValues}. */
  public double[] eigenvalues() {
    return eigenvalues(singularValues());
  }

  /** The same, from the singular values of M. */
  double[] eigenvalues(double[] singular) {
    double[] values = new double[Math.toIntExact(factor.extent(0))];
    double scale = scale();
    int others = values.length - singular.length;
    for (int i = 0; i < values.length; i++) {
      double square = i < others ? 0 : singular[i - others] * singular[i - others];
      values[i] = scale * (hasIdentity() ? 1 + square : square);
    }
    return values;
  }

  /** |P x| / |x|: how much longer the step became. */
  public double gain(Tensor x) {
    return precondition(x).norm().item() / x.norm().item();
  }

  /**
   * The angle between x and P x, in degrees: at most 90, as P is never negative; NaN where P x = 0.
   */
  public double angle(Tensor x) {
    Tensor y = precondition(x);
    double cosine = x.mul(y).sum().item() / (x.norm().item() * y.norm().item());
    return Math.toDegrees(Math.acos(Math.clamp(cosine, -1, 1)));
  }
}
