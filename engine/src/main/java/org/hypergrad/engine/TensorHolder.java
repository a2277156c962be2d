package org.hypergrad.engine;

import java.util.function.Consumer;

/** Something made of tensors: returned from a scope, it takes them along. */
public interface TensorHolder {
  /** Calls {@code action} with every tensor held. */
  void forEachTensor(Consumer<Tensor> action);
}
