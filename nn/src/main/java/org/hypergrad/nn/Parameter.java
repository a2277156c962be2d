package org.hypergrad.nn;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;

/**
 * A tensor that training changes, such as the weight of a layer. It outlives the scope in which it
 * was made: who makes a parameter owns it and closes it.
 *
 * @param name unique within its model, such as {@code conv1.weight}
 * @param role what it does in its layer
 * @param value its elements; a leaf that gradients are taken by
 */
public record Parameter(String name, Role role, Tensor value) implements AutoCloseable {
  /**
   * Takes {@code value} out of its scope and marks it as one to differentiate by.
   *
   * @throws ArgumentException if the name is blank
   * @throws org.hypergrad.engine.error.EngineException if the value is no floating leaf
   */
  public Parameter {
    if (name.isBlank()) {
      throw new ArgumentException("parameter", "blank name", "\"" + name + "\"", "a name", "");
    }
    value.requireGradient().retain();
  }

  /** Ends the value. */
  @Override
  public void close() {
    value.close();
  }
}
