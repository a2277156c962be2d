package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.hypergrad.engine.Axes;
import org.hypergrad.engine.op.ArgReduce;
import org.hypergrad.engine.op.Norms;
import org.hypergrad.engine.op.Reduce;
import org.hypergrad.engine.op.ReduceKind;
import org.hypergrad.engine.op.TopK;

/** Reductions of a matrix of 16 M elements, and of images by channel. */
final class ReductionRows {
  private static final long SIDE = 4096;
  private static final Axes ALL = new Axes(0b11);
  private static final Axes COLUMNS = new Axes(0b01);
  private static final Axes ROWS = new Axes(0b10);
  private static final Axes ALL_BUT_CHANNELS = new Axes(0b1101);

  private ReductionRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    rows.add(matrix(ReduceKind.SUM, "of all", ALL));
    rows.add(matrix(ReduceKind.SUM, "of columns", COLUMNS));
    rows.add(matrix(ReduceKind.MEAN, "of all", ALL));
    for (ReduceKind kind : ReduceKind.values()) {
      rows.add(matrix(kind, "of rows", ROWS));
    }
    for (ReduceKind kind : List.of(ReduceKind.MAX, ReduceKind.LOG_SUM_EXP, ReduceKind.NORM)) {
      rows.add(
          OpRow.of(
              name(kind, "of rows, gradient"),
              new Reduce.Gradient(kind, ROWS),
              Operand.signed(SIDE, 1),
              Operand.positive(SIDE, SIDE),
              Operand.positive(SIDE, 1)));
    }
    rows.add(
        OpRow.of(
            "reduction/sum by channel, 128 x 96 x 32 x 32",
            new Reduce(ReduceKind.SUM, ALL_BUT_CHANNELS, false, 0),
            Operand.channelsLast(128, 96, 32, 32)));
    rows.add(
        OpRow.of(
            "reduction/argmax of rows", new ArgReduce(true, 1, false), Operand.signed(SIDE, SIDE)));
    rows.add(
        OpRow.of(
            "reduction/norms of two matrices",
            new Norms(),
            Operand.signed(SIDE, SIDE / 2),
            Operand.signed(SIDE, SIDE / 2)));
    rows.add(
        OpRow.of("reduction/largest 5 of rows", new TopK(5, 1), Operand.signed(SIDE, SIDE / 4)));
    return rows;
  }

  private static Row matrix(ReduceKind kind, String over, Axes axes) {
    double correction = kind == ReduceKind.VARIANCE ? 1 : 0;
    return OpRow.of(
        name(kind, over), new Reduce(kind, axes, false, correction), Operand.signed(SIDE, SIDE));
  }

  private static String name(ReduceKind kind, String over) {
    return "reduction/" + kind.name().toLowerCase(Locale.ROOT).replace('_', ' ') + " " + over;
  }
}
