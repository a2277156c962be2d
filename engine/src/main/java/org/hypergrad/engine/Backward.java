package org.hypergrad.engine;

import java.util.function.Supplier;

/**
 * What a gradient rule sees: the gradient that arrived at the outputs, what the op kept, and where
 * to give the gradients of the inputs. Tensors that a rule makes on the way are freed after it.
 */
public interface Backward {
  /** Input {@code i}, which {@link Keep} named. */
  Tensor input(int i);

  /** Output {@code i}, which {@link Keep} named. */
  Tensor output(int i);

  /** Type and shape of input {@code i}, kept or not. */
  Spec inputSpec(int i);

  /** Number of inputs. */
  int inputs();

  /** Gradient of output 0: same shape as the output. */
  default Tensor gradient() {
    return gradient(0);
  }

  /** Gradient of output {@code i}; zeros if none arrived but some other output got one. */
  Tensor gradient(int i);

  /** Whether anybody wants the gradient of input {@code i}. */
  boolean wants(int i);

  /**
   * Gives the gradient of input {@code i}; {@code rule} runs only if it is wanted. Where the input
   * was broadcast, the gradient may have the larger shape and is summed to the input's.
   */
  void give(int i, Supplier<Tensor> rule);
}
