package org.hypergrad.engine.op;

import org.hypergrad.engine.Spec;

/**
 * Uniform random numbers in [low, high): element i is low + (high - low) u(seed, stream, i) of
 * {@link org.hypergrad.engine.random.Philox}, the same on every backend. No inputs.
 *
 * @param spec float32 or float64, any shape
 * @param seed key of the generator
 * @param stream which of the seed's streams
 * @param low smallest value
 * @param high bound above
 */
public record RandomUniform(Spec spec, long seed, long stream, double low, double high)
    implements Op {
  @Override
  public String name() {
    return "uniform";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), spec);
    Rules.argument(
        name(), low <= high, "bounds", () -> "[" + low + ", " + high + ")", "low <= high");
    return Rules.one(spec);
  }
}
