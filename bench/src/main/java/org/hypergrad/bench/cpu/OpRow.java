package org.hypergrad.bench.cpu;

import java.util.List;
import java.util.stream.Stream;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.random.Generator;

/** One op on random operands. */
record OpRow(String name, Op op, List<Operand> operands) implements Row {
  static OpRow of(String name, Op op, Operand... operands) {
    return new OpRow(name, op, List.of(operands));
  }

  @Override
  public Cost cost() {
    return Cost.of(op, operands);
  }

  @Override
  public Case open() {
    Generator random = new Generator(1);
    Tensor[] in =
        operands.stream().map(o -> o.make().apply(random).retain()).toArray(Tensor[]::new);
    return new Case() {
      @Override
      public void run() {
        Dispatch.run(op, in);
      }

      @Override
      public void close() {
        Stream.of(in).forEach(Tensor::close);
      }
    };
  }
}
