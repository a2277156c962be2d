package org.hypergrad.nn.layer;

import java.util.function.Function;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;

/**
 * Batch normalisation by channel: y = weight (x - mean) / sqrt(variance + epsilon) + bias (Ioffe
 * and Szegedy, 2015).
 *
 * <p>In training, mean and variance are those of the batch, and the running ones move towards them:
 * r = (1 - momentum) r + momentum s, with the unbiased variance. In evaluation the running ones are
 * used. Parameters are {@code weight} (1 at first) and {@code bias} (0), buffers {@code
 * running_mean} (0) and {@code running_var} (1), [channels] each; names and defaults are PyTorch's.
 */
public abstract sealed class BatchNorm extends Module permits BatchNorm1d, BatchNorm2d {
  private final long channels;
  private final double epsilon;
  private final double momentum;
  private final Parameter weight;
  private final Parameter bias;
  private final Tensor runningMean;
  private final Tensor runningVariance;

  BatchNorm(Builder<?> b) {
    Checks.extent("batch_norm", "channels", b.channels);
    Checks.epsilon("batch_norm", b.epsilon);
    Checks.check(
        "batch_norm", "momentum", b.momentum >= 0 && b.momentum <= 1, b.momentum, "[0, 1]");
    channels = b.channels;
    epsilon = b.epsilon;
    momentum = b.momentum;
    weight =
        Scope.call(
            () -> parameter("weight", Role.SCALE, Tensor.full(b.scale, DType.FLOAT32, channels)));
    bias = Scope.call(() -> parameter("bias", Role.SHIFT, Tensor.zeros(channels)));
    runningMean = Scope.call(() -> buffer("running_mean", Tensor.zeros(channels)));
    runningVariance = Scope.call(() -> buffer("running_var", Tensor.ones(channels)));
  }

  /**
   * The options.
   *
   * @param <M> the layer
   */
  public static final class Builder<M extends BatchNorm> {
    private final long channels;
    private final Function<Builder<M>, M> layer;
    private double epsilon = 1e-5;
    private double momentum = 0.1;
    private double scale = 1;

    Builder(long channels, Function<Builder<M>, M> layer) {
      this.channels = channels;
      this.layer = layer;
    }

    /** Added to the variance; above 0. */
    public Builder<M> epsilon(double value) {
      epsilon = value;
      return this;
    }

    /** Weight of a new batch in the running statistics, in [0, 1]; Keras' is 1 minus this. */
    public Builder<M> momentum(double value) {
      momentum = value;
      return this;
    }

    /** The first value of all of {@code weight}; 1 unless told otherwise. */
    public Builder<M> scale(double first) {
      scale = first;
      return this;
    }

    /**
     * The layer.
     *
     * @throws ArgumentException that names the number which is out of range
     */
    public M build() {
      return layer.apply(this);
    }
  }

  /** Whether the layer is for tensors of this rank. */
  abstract boolean fits(int rank);

  /** The shape of x for people. */
  abstract String inputs();

  @Override
  protected Tensor forward(Tensor x) {
    if (!fits(x.rank()) || x.extent(1) != channels) {
      throw new ShapeException(
          "batch_norm",
          "input does not fit",
          x.spec().toString(),
          inputs() + ", C " + channels,
          "");
    }
    return new org.hypergrad.engine.op.BatchNorm(epsilon, momentum, isTraining())
        .apply(x, weight.value(), bias.value(), runningMean, runningVariance);
  }

  @Override
  public String toString() {
    return getClass().getSimpleName() + "(" + channels + ")";
  }
}
