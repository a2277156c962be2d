package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.op.Dropout;
import org.hypergrad.engine.op.RandomNormal;
import org.hypergrad.engine.op.RandomUniform;

/** Random numbers, and dropout. */
final class RandomRows {
  private static final Map<String, Long> SIZES =
      new TreeMap<>(Map.of("1 M", 1L << 20, "16 M", 1L << 24));

  private RandomRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    SIZES.forEach(
        (size, n) -> {
          Spec spec = Spec.of(DType.FLOAT32, n);
          rows.add(OpRow.of("random/uniform, " + size, new RandomUniform(spec, 1, 0, 0, 1)));
          rows.add(OpRow.of("random/normal, " + size, new RandomNormal(spec, 1, 0, 0, 1)));
          rows.add(OpRow.of("random/dropout, " + size, new Dropout(0.5, 1, 0), Operand.signed(n)));
        });
    return rows;
  }
}
