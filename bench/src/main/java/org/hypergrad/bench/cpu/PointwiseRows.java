package org.hypergrad.bench.cpu;

import static org.hypergrad.engine.DType.FLOAT32;
import static org.hypergrad.engine.DType.UINT8;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.hypergrad.engine.op.Binary;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.Cast;
import org.hypergrad.engine.op.Compare;
import org.hypergrad.engine.op.CompareKind;
import org.hypergrad.engine.op.Unary;
import org.hypergrad.engine.op.UnaryKind;
import org.hypergrad.engine.op.Where;

/** Functions of single elements, of as many as fit into a cache and of more. */
final class PointwiseRows {
  private static final Map<String, Long> SIZES =
      new TreeMap<>(Map.of("1 M", 1L << 20, "16 M", 1L << 24));

  private static final List<UnaryKind> UNARY =
      List.of(
          UnaryKind.RELU,
          UnaryKind.MUL_SCALAR,
          UnaryKind.EXP,
          UnaryKind.LOG,
          UnaryKind.SQRT,
          UnaryKind.TANH,
          UnaryKind.SIGMOID,
          UnaryKind.GELU);

  private static final List<BinaryKind> BINARY =
      List.of(BinaryKind.ADD, BinaryKind.MUL, BinaryKind.DIV, BinaryKind.MAXIMUM);

  private PointwiseRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    SIZES.forEach((size, n) -> rows.addAll(ofSize(size, n)));
    long side = 4096;
    rows.add(
        OpRow.of(
            "elementwise/add a bias to rows, 16 M",
            new Binary(BinaryKind.ADD),
            Operand.signed(side, side),
            Operand.signed(side)));
    rows.add(
        OpRow.of(
            "elementwise/add a number to each row, 16 M",
            new Binary(BinaryKind.ADD),
            Operand.signed(side, side),
            Operand.signed(side, 1)));
    return rows;
  }

  private static List<Row> ofSize(String size, long n) {
    List<Row> rows = new ArrayList<>();
    for (UnaryKind kind : UNARY) {
      rows.add(OpRow.of(name(kind, size), new Unary(kind, 2, 0), Operand.positive(n)));
    }
    for (UnaryKind kind : List.of(UnaryKind.RELU, UnaryKind.GELU)) {
      rows.add(
          OpRow.of(
              name(kind, "gradient, " + size),
              new Unary.Gradient(kind, 0, 0),
              Operand.signed(n),
              Operand.positive(n)));
    }
    for (BinaryKind kind : BINARY) {
      rows.add(
          OpRow.of(name(kind, size), new Binary(kind), Operand.signed(n), Operand.positive(n)));
    }
    rows.add(
        OpRow.of(
            name(BinaryKind.MUL, "gradient, " + size),
            new Binary.Gradient(BinaryKind.MUL, false),
            Operand.signed(n),
            Operand.signed(n),
            Operand.signed(n)));
    rows.add(
        OpRow.of(
            "elementwise/less than, " + size,
            new Compare(CompareKind.LT),
            Operand.signed(n),
            Operand.signed(n)));
    rows.add(
        OpRow.of(
            "elementwise/where, " + size,
            new Where(),
            Operand.whole(UINT8, 2, n),
            Operand.signed(n),
            Operand.signed(n)));
    rows.add(
        OpRow.of(
            "elementwise/uint8 to float32, " + size,
            new Cast(FLOAT32),
            Operand.whole(UINT8, 256, n)));
    return rows;
  }

  private static String name(Enum<?> kind, String size) {
    return "elementwise/" + kind.name().toLowerCase(Locale.ROOT).replace('_', ' ') + ", " + size;
  }
}
