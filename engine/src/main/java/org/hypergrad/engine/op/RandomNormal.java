package org.hypergrad.engine.op;

import org.hypergrad.engine.Spec;

/**
 * Normal random numbers: element i is mean + deviation n(seed, stream, i) of {@link
 * org.hypergrad.engine.random.Philox}, the same on every backend up to rounding. No inputs.
 *
 * @param spec float32 or float64, any shape
 * @param seed key of the generator
 * @param stream which of the seed's streams
 * @param mean expectation
 * @param deviation standard deviation, at least 0
 */
public record RandomNormal(Spec spec, long seed, long stream, double mean, double deviation)
    implements Op {
  @Override
  public String name() {
    return "normal";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), spec);
    Rules.argument(name(), deviation >= 0, "deviation", deviation, "deviation >= 0");
    return Rules.one(spec);
  }
}
