package org.hypergrad.nn;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;

/**
 * Random first values of a weight, with mean 0 and a variance of {@code gain / fan}, so that
 * activations or gradients keep their size from layer to layer.
 *
 * @param distribution the shape of the density
 * @param fan what the variance is divided by
 * @param gain what the activation loses of the variance: 1 for a linear layer, 2 for ReLU
 */
public record Initialiser(Distribution distribution, Fan fan, double gain) {
  /** Densities of mean 0. */
  public enum Distribution {
    /** Between -sqrt(3 variance) and sqrt(3 variance). */
    UNIFORM,
    NORMAL
  }

  /** Numbers of connections. */
  public enum Fan {
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
  public static Initialiser glorot(Distribution distribution) {
    return new Initialiser(distribution, Fan.AVERAGE, 1);
  }

  /** Variance 2 / fan in, for ReLU (He et al., 2015; also called Kaiming). */
  public static Initialiser he(Distribution distribution) {
    return new Initialiser(distribution, Fan.IN, 2);
  }

  /**
   * A float32 weight of the current scope.
   *
   * @param role CONV_KERNEL or DENSE_WEIGHT
   * @throws org.hypergrad.engine.error.EngineException if role and extents do not fit
   */
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
