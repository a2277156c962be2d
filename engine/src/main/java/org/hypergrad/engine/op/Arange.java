package org.hypergrad.engine.op;

import org.hypergrad.engine.Spec;

/**
 * start + i step, for i below the extent; computed in double and rounded once. No inputs.
 *
 * @param spec type and extent, rank 1
 * @param start first value
 * @param step difference of neighbours
 */
public record Arange(Spec spec, double start, double step) implements Op {
  @Override
  public String name() {
    return "arange";
  }

  @Override
  public Spec[] infer(Spec... in) {
    return Rules.one(spec);
  }
}
