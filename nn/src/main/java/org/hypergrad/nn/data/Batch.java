package org.hypergrad.nn.data;

import java.util.function.Consumer;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.TensorHolder;

/**
 * Examples to compute with at once.
 *
 * @param input {@code [N, ...]}, with the dataset's type and shape of an input; float32 if images
 *     were prepared
 * @param target {@code [N, ...]}, with the dataset's type and shape of a target; {@code [N]} for
 *     labels
 */
public record Batch(Tensor input, Tensor target) implements TensorHolder {
  /** Number of examples. */
  public int size() {
    return (int) input.extent(0);
  }

  @Override
  public void forEachTensor(Consumer<Tensor> action) {
    action.accept(input);
    action.accept(target);
  }
}
