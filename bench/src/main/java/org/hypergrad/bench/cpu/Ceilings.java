package org.hypergrad.bench.cpu;

import java.util.List;
import org.hypergrad.engine.op.MatMul;

/** What the machine can do at most, timed as all rows are, before them: one row for each unit. */
final class Ceilings {
  static final String COPY = "ceiling/copy by all cores, 256 MiB";

  /** A copy, and a large matrix product by the engine. */
  static final List<Row> ROWS =
      List.of(
          WorkRow.of(COPY, Cost.bytes(2 * CopyLoop.BYTES), CopyLoop::new),
          OpRow.of(
              "ceiling/matmul, 2048 x 2048 x 2048",
              new MatMul(),
              Operand.signed(2048, 2048),
              Operand.signed(2048, 2048)));

  private Ceilings() {}

  /** Whether a row of this name is one. */
  static boolean contains(String name) {
    return ROWS.stream().anyMatch(row -> row.name().equals(name));
  }
}
