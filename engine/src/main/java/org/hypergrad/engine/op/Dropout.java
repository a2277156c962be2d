package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Spec;

/**
 * y = x m / (1 - p), where element i of the mask m is 1 if u(seed, stream, i) &ge; p, else 0;
 * elements are numbered in row-major order. The mask is never stored: backward is the same op on
 * dy. With p = 1 all is 0. NaN and infinity times 0 give NaN, as in PyTorch.
 *
 * @param probability p, of an element to be dropped, in [0, 1]
 * @param seed key of the generator
 * @param stream which of the seed's streams; a new one for each use
 */
public record Dropout(double probability, long seed, long stream) implements Differentiable {
  @Override
  public String name() {
    return "dropout";
  }

  /** What a kept element is multiplied by. */
  public double scale() {
    return probability == 1 ? 0 : 1 / (1 - probability);
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    Rules.argument(
        name(), probability >= 0 && probability <= 1, "probability", probability, "0 <= p <= 1");
    return Rules.one(in[0]);
  }

  @Override
  public Keep keep(int wanted) {
    return Keep.NOTHING;
  }

  @Override
  public void backward(Backward b) {
    b.give(0, () -> Dispatch.run(this, b.gradient())[0]);
  }
}
