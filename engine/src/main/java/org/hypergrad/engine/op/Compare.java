package org.hypergrad.engine.op;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;

/**
 * x ? y under broadcasting, as uint8: 1 where it holds. Any element type; a comparison with NaN is
 * false, but NE is true.
 *
 * @param kind the relation
 */
public record Compare(CompareKind kind) implements Op {
  @Override
  public String name() {
    return kind.names().op();
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.sameDType(name(), in);
    return Rules.one(new Spec(DType.UINT8, Shape.broadcast(name(), in[0].shape(), in[1].shape())));
  }
}
