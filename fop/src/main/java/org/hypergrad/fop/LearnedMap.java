package org.hypergrad.fop;

import org.hypergrad.engine.Tensor;

/** A linear map P of gradients, at one value of what is learned of it, M. */
interface LearnedMap {
  /** P x, of x's shape. */
  Tensor apply(Tensor x);

  /** The derivative of the loss by M, through the step theta -= rate P u; of M's shape. */
  Tensor hypergradient(Tensor g, Tensor u, double rate);

  /** The maps of one parameter. */
  interface Family {
    /** M at the start. */
    Tensor first();

    LearnedMap at(Tensor m);

    /** The next M within its limits. */
    default Tensor limited(Tensor m) {
      return m;
    }

    /** What helps against divergence beside lower rates, as the end of a sentence. */
    default String remedy() {
      return "";
    }
  }
}
