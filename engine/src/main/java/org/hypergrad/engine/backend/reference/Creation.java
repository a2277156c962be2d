package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.op.Arange;
import org.hypergrad.engine.op.Dropout;
import org.hypergrad.engine.op.RandomNormal;
import org.hypergrad.engine.op.RandomUniform;
import org.hypergrad.engine.random.Philox;

/** Ops that make elements from their number alone. */
final class Creation {
  private Creation() {}

  static Values arange(Arange op) {
    return Values.generate(op.spec().shape(), i -> op.start() + i * op.step());
  }

  static Values uniform(RandomUniform op) {
    double width = op.high() - op.low();
    return Values.generate(
        op.spec().shape(), i -> op.low() + width * Philox.uniform(op.seed(), op.stream(), i));
  }

  static Values normal(RandomNormal op) {
    return Values.generate(
        op.spec().shape(),
        i -> op.mean() + op.deviation() * Philox.normal(op.seed(), op.stream(), i));
  }

  static Values dropout(Dropout op, Values x) {
    double p = op.probability();
    return Values.generate(
        x.shape(),
        i -> x.data()[i] * (Philox.uniform(op.seed(), op.stream(), i) >= p ? op.scale() : 0));
  }
}
