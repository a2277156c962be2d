package org.hypergrad.nn.layer;

import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Module;

/** Images, or whatever examples are, as rows: x [N, d...] to y [N, product of d]. */
public final class Flatten extends Module {
  @Override
  protected Tensor forward(Tensor x) {
    return x.flatten(1);
  }
}
