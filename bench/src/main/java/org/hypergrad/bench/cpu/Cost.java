package org.hypergrad.bench.cpu;

import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.Profile;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.engine.op.Gather;
import org.hypergrad.engine.op.Op;

/**
 * The work of one run, however it is done: floating-point operations of what multiplies matrices or
 * convolves, else bytes.
 *
 * @param unit of what
 * @param amount how many
 */
record Cost(Unit unit, long amount) {
  /** What limits a row. */
  enum Unit {
    /** Each input read once, each output written once. */
    BYTES("GB/s"),
    /** Two for each multiplication, which has its addition. */
    FLOP("GFLOP/s");

    private final String rate;

    Unit(String rate) {
      this.rate = rate;
    }

    /** The unit of 10^9 of them in a second. */
    String rate() {
      return rate;
    }
  }

  static Cost bytes(long amount) {
    return new Cost(Unit.BYTES, amount);
  }

  static Cost products(long multiplications) {
    return new Cost(Unit.FLOP, 2 * multiplications);
  }

  /** Of an op on these operands. */
  static Cost of(Op op, List<Operand> operands) {
    Spec[] in = operands.stream().map(Operand::spec).toArray(Spec[]::new);
    Spec[] out = op.infer(in);
    long multiplications = op.multiplications(in, out);
    return multiplications > 0
        ? products(multiplications)
        : bytes(read(op, operands, out) + written(op, operands, out));
  }

  private static long read(Op op, List<Operand> operands, Spec[] out) {
    if (op instanceof Gather) {
      // Of the table only what is picked.
      return bytes(out[0]) + operands.get(1).bytes();
    }
    return operands.stream().mapToLong(Operand::bytes).sum();
  }

  private static long written(Op op, List<Operand> operands, Spec[] out) {
    long inPlace =
        op instanceof BatchNorm(double epsilon, double momentum, boolean training) && training
            ? operands.get(3).bytes() + operands.get(4).bytes()
            : 0;
    return inPlace + Arrays.stream(out).mapToLong(Cost::bytes).sum();
  }

  /** Of all elements. */
  static long bytes(Spec spec) {
    return spec.shape().count() * spec.dtype().bytes();
  }

  /** The products of a case, counted while it runs once. */
  static Cost ofProducts(Row row) {
    try (Case once = row.open()) {
      Profile profile = new Profile();
      profile.run(once);
      return products(profile.rows().stream().mapToLong(Profile.Row::multiplications).sum());
    }
  }
}
