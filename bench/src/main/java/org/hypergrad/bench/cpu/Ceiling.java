package org.hypergrad.bench.cpu;

import java.util.Arrays;
import org.hypergrad.engine.op.MatMul;

/** What the machine can do at most, timed as all rows are, before them. */
enum Ceiling {
  /** A copy by all cores. */
  COPY(
      Cost.Unit.BYTES,
      WorkRow.of(Ceiling.COPY_NAME, Cost.bytes(2 * CopyLoop.BYTES), CopyLoop::new)),
  /** A large matrix product by the engine. */
  PRODUCT(
      Cost.Unit.FLOP,
      OpRow.of(
          "ceiling/matmul, 2048 x 2048 x 2048",
          new MatMul(),
          Operand.normal(2048, 2048),
          Operand.normal(2048, 2048)));

  static final String COPY_NAME = "ceiling/copy, 256 MiB";

  private final Cost.Unit unit;
  private final Row row;

  Ceiling(Cost.Unit unit, Row row) {
    this.unit = unit;
    this.row = row;
  }

  /** What is timed. */
  Row row() {
    return row;
  }

  /** The one that limits this kind of work. */
  static Ceiling of(Cost.Unit unit) {
    return Arrays.stream(values()).filter(c -> c.unit == unit).findFirst().orElseThrow();
  }
}
