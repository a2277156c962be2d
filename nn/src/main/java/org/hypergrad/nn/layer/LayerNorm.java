package org.hypergrad.nn.layer;

import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;

/**
 * Layer normalisation over the last axes: y = weight (x - mean) / sqrt(variance + epsilon) + bias
 * with the biased variance (Ba et al., 2016), for x [outer..., inner...]. Its parameters are {@code
 * weight} (1 at first) and {@code bias} (0), [inner...] each.
 */
public final class LayerNorm extends Module {
  private final org.hypergrad.engine.op.LayerNorm op;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * With the usual epsilon 1e-5.
   *
   * @param inner extents of the axes that are normalised together, at least one
   * @throws org.hypergrad.engine.error.ArgumentException if there is none or one is below 1
   */
  public LayerNorm(long... inner) {
    this(builder(inner));
  }

  private LayerNorm(Builder b) {
    Checks.check("layer_norm", "number of axes", b.inner.length > 0, b.inner.length, ">= 1");
    for (long extent : b.inner) {
      Checks.extent("layer_norm", "extent", extent);
    }
    Checks.epsilon("layer_norm", b.epsilon);
    op = new org.hypergrad.engine.op.LayerNorm(b.epsilon);
    weight = Scope.call(() -> parameter("weight", Role.SCALE, Tensor.ones(b.inner)));
    bias = Scope.call(() -> parameter("bias", Role.SHIFT, Tensor.zeros(b.inner)));
  }

  /** Begins a layer with options. */
  public static Builder builder(long... inner) {
    return new Builder(inner.clone());
  }

  /** The options. */
  public static final class Builder {
    private final long[] inner;
    private double epsilon = 1e-5;

    private Builder(long[] inner) {
      this.inner = inner;
    }

    /** Added to the variance; above 0. */
    public Builder epsilon(double value) {
      epsilon = value;
      return this;
    }

    /**
     * The layer.
     *
     * @throws org.hypergrad.engine.error.ArgumentException that names the number which is out of
     *     range
     */
    public LayerNorm build() {
      return new LayerNorm(this);
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    return op.apply(x, weight.value(), bias.value());
  }

  @Override
  public String toString() {
    Shape inner = weight.value().shape();
    return "LayerNorm(" + inner.toString().substring(1).replace(']', ')');
  }
}
