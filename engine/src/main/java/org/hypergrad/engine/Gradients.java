package org.hypergrad.engine;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.error.TapeException;

/**
 * The gradients of one backward pass, by the tensor that they belong to. They belong to the scope
 * in which backward was called and move out of it when this is returned.
 */
public final class Gradients implements TensorHolder {
  private final Map<Tensor, Tensor> byLeaf = new IdentityHashMap<>();

  Gradients() {}

  /**
   * Gradients that were made otherwise than by one backward pass, such as clipped or summed ones.
   *
   * @throws org.hypergrad.engine.error.ShapeException if one has not the type and shape of its leaf
   */
  public static Gradients of(Map<Tensor, Tensor> byLeaf) {
    Gradients gradients = new Gradients();
    byLeaf.forEach(
        (leaf, gradient) -> {
          if (!leaf.spec().equals(gradient.spec())) {
            throw new ShapeException(
                "gradients",
                "a gradient does not fit its tensor",
                gradient.spec().toString(),
                leaf.spec().toString(),
                "");
          }
          gradients.put(leaf, gradient);
        });
    return gradients;
  }

  void put(Tensor leaf, Tensor gradient) {
    byLeaf.put(leaf, gradient);
  }

  /**
   * The gradient by {@code leaf}: same shape and type, contiguous.
   *
   * @throws TapeException if none reached it
   */
  public Tensor of(Tensor leaf) {
    Tensor gradient = byLeaf.get(leaf);
    if (gradient == null) {
      throw new TapeException(
          "gradient",
          "no gradient reached this tensor",
          leaf.spec() + ", made " + leaf.origin(),
          "a leaf with requireGradient() that the output depends on",
          "ask has(tensor) first if that may be so");
    }
    return gradient;
  }

  /** Whether a gradient reached {@code leaf}; none is not the same as zero. */
  public boolean has(Tensor leaf) {
    return byLeaf.containsKey(leaf);
  }

  /** The tensors that have a gradient here. */
  public Set<Tensor> leaves() {
    return Collections.unmodifiableSet(byLeaf.keySet());
  }

  @Override
  public void forEachTensor(Consumer<Tensor> action) {
    byLeaf.values().forEach(action);
  }
}
