package org.hypergrad.nn.layer;

import java.util.function.UnaryOperator;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.TensorMath;
import org.hypergrad.nn.Module;

/** A function without parameters; but for the softmaxes, of each element by itself. */
public final class Activation extends Module {
  private final String text;
  private final UnaryOperator<Tensor> function;

  private Activation(String text, UnaryOperator<Tensor> function) {
    this.text = text;
    this.function = function;
  }

  /**
   * Any function.
   *
   * @param text how it is shown
   */
  public static Activation of(String text, UnaryOperator<Tensor> function) {
    return new Activation(text, function);
  }

  /** max(x, 0). */
  public static Activation relu() {
    return of("ReLU", TensorMath::relu);
  }

  /** x where positive, else slope x. */
  public static Activation leakyRelu(double slope) {
    return of("LeakyReLU(" + slope + ")", x -> x.leakyRelu(slope));
  }

  /** Hyperbolic tangent. */
  public static Activation tanh() {
    return of("Tanh", TensorMath::tanh);
  }

  /** 1 / (1 + exp(-x)). */
  public static Activation sigmoid() {
    return of("Sigmoid", TensorMath::sigmoid);
  }

  /** x / (1 + exp(-x)), also called Swish. */
  public static Activation silu() {
    return of("SiLU", x -> x.mul(x.sigmoid()));
  }

  /** x times the normal distribution function at x (Hendrycks and Gimpel, 2016), exact. */
  public static Activation gelu() {
    return of("GELU", TensorMath::gelu);
  }

  /** GELU approximated by tanh. */
  public static Activation geluTanh() {
    return of("GELU(tanh)", TensorMath::geluTanh);
  }

  /** log(1 + exp(x)). */
  public static Activation softplus() {
    return of("Softplus", TensorMath::softplus);
  }

  /** exp(x) over its sum along an axis; losses take logits, and need none before them. */
  public static Activation softmax(int axis) {
    return of("Softmax(" + axis + ")", x -> x.softmax(axis));
  }

  /** Logarithm of the softmax along an axis. */
  public static Activation logSoftmax(int axis) {
    return of("LogSoftmax(" + axis + ")", x -> x.logSoftmax(axis));
  }

  @Override
  protected Tensor forward(Tensor x) {
    return function.apply(x);
  }

  @Override
  public String toString() {
    return text;
  }
}
