package org.hypergrad.engine.op;

/** What the derivative of a point-wise function needs from the forward pass. */
public enum Keeps {
  /** The incoming gradient alone. */
  NOTHING,
  /** The input; of a binary function both inputs. */
  INPUT,
  /** The output. */
  OUTPUT
}
