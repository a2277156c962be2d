package org.hypergrad.nn;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;

/** The first values of a parameter. */
@FunctionalInterface
public interface Initialiser {
  /**
   * A float32 tensor of the current scope.
   *
   * @param role what the parameter does, by which its numbers of connections are known
   * @throws org.hypergrad.engine.error.EngineException if role and extents do not fit
   */
  Tensor weight(Generator random, Role role, long... extents);

  /** Densities of mean 0. */
  enum Distribution {
    /** Between -sqrt(3 variance) and sqrt(3 variance). */
    UNIFORM,
    NORMAL
  }

  /** Numbers of connections. */
  enum Fan {
    /** Inputs of an output: keeps the size of activations. */
    IN,
    /** Outputs of an input: keeps the size of gradients. */
    OUT,
    /** The mean of both. */
    AVERAGE;

    double of(Role role, Shape shape) {
      return switch (this) {
        case IN -> role.fanIn(shape);
        case OUT -> role.fanOut(shape);
        case AVERAGE -> (role.fanIn(shape) + role.fanOut(shape)) / 2.0;
      };
    }
  }

  /** Variance 2 / (fan in + fan out) (Glorot and Bengio, 2010; also called Xavier). */
  static VarianceScaling glorot(Distribution distribution) {
    return new VarianceScaling(distribution, Fan.AVERAGE, 1);
  }

  /** Variance 2 / fan in, for ReLU (He et al., 2015; also called Kaiming). */
  static VarianceScaling he(Distribution distribution) {
    return new VarianceScaling(distribution, Fan.IN, 2);
  }

  /**
   * Uniform between -1 / sqrt(fan in) and 1 / sqrt(fan in): the variance is 1 / (3 fan in). The
   * first weights of PyTorch's Linear and Conv2d (their documentation, "Variables").
   */
  static VarianceScaling pytorch() {
    return new VarianceScaling(Distribution.UNIFORM, Fan.IN, 1.0 / 3);
  }

  /** One value throughout. */
  static Initialiser constant(double value) {
    return (random, role, extents) -> Tensor.full(value, DType.FLOAT32, extents);
  }

  /** 0 throughout. */
  static Initialiser zeros() {
    return constant(0);
  }

  /** Normal with mean 0. */
  static Initialiser normal(double deviation) {
    return (random, role, extents) -> random.normal(deviation, extents);
  }

  /** Uniform in [-bound, bound). */
  static Initialiser uniform(double bound) {
    return (random, role, extents) -> random.uniform(-bound, bound, extents);
  }

  /**
   * Random values with mean 0 and a variance of {@code gain / fan}, so that activations or
   * gradients keep their size from layer to layer.
   *
   * @param distribution the shape of the density
   * @param fan what the variance is divided by
   * @param gain makes good what the activation takes of the variance; the square of what PyTorch
   *     calls gain
   */
  record VarianceScaling(Distribution distribution, Fan fan, double gain) implements Initialiser {
    /** The same with another gain. */
    public VarianceScaling withGain(double other) {
      return new VarianceScaling(distribution, fan, other);
    }

    /** For a layer whose output is used as it is: gain 1. */
    public VarianceScaling forLinear() {
      return withGain(1);
    }

    /** For a layer before ReLU, which leaves half of the second moment: gain 2. */
    public VarianceScaling forRelu() {
      return withGain(2);
    }

    /** For a layer before leaky ReLU: gain 2 / (1 + slope^2) (He et al., 2015, equation 15). */
    public VarianceScaling forLeakyRelu(double slope) {
      return withGain(2 / (1 + slope * slope));
    }

    /** For a layer before tanh: gain (5/3)^2, as PyTorch's {@code calculate_gain}. */
    public VarianceScaling forTanh() {
      return withGain(25.0 / 9);
    }

    /**
     * A float32 weight of the current scope.
     *
     * @param role that of a weight
     * @throws org.hypergrad.engine.error.EngineException if role and extents do not fit
     */
    @Override
    public Tensor weight(Generator random, Role role, long... extents) {
      double variance = gain / fan.of(role, Shape.of(extents));
      return switch (distribution) {
        case UNIFORM -> {
          double bound = Math.sqrt(3 * variance);
          yield random.uniform(-bound, bound, extents);
        }
        case NORMAL -> random.normal(Math.sqrt(variance), extents);
      };
    }
  }
}
