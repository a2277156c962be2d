package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.MatMul;

/** Matrix products: those of the network for MNIST, large ones, thin ones, transposed, batched. */
final class ProductRows {
  private ProductRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (long batch : new long[] {16, 128}) {
      rows.add(plain(batch, 784, 100));
      rows.add(plain(batch, 100, 100));
      rows.add(plain(batch, 100, 10));
      // The gradients of a dense layer.
      rows.add(firstTransposed(784, batch, 100));
      rows.add(secondTransposed(batch, 100, 784));
    }
    rows.add(plain(1, 4096, 4096));
    rows.add(plain(4096, 4096, 16));
    rows.add(plain(4096, 64, 4096));
    rows.add(plain(512, 512, 512));
    rows.add(plain(1024, 1024, 1024));
    rows.add(firstTransposed(1024, 1024, 1024));
    rows.add(secondTransposed(1024, 1024, 1024));
    String batched = "matmul/64 of 128 x 64 x 128";
    Operand a = Operand.signed(64, 128, 64);
    rows.add(OpRow.of(batched, new MatMul(), a, Operand.signed(64, 64, 128)));
    rows.add(
        OpRow.of(
            batched + ", second transposed",
            new MatMul(),
            a,
            a.seen(Tensor::transpose, 64, 64, 128)));
    return rows;
  }

  private static String name(long m, long k, long n) {
    return "matmul/%d x %d x %d".formatted(m, k, n);
  }

  /** [m, k] x [k, n]. */
  static Row plain(long m, long k, long n) {
    return OpRow.of(name(m, k, n), new MatMul(), Operand.signed(m, k), Operand.signed(k, n));
  }

  private static Row firstTransposed(long m, long k, long n) {
    Operand a = Operand.signed(k, m).seen(Tensor::transpose, m, k);
    return OpRow.of(name(m, k, n) + ", first transposed", new MatMul(), a, Operand.signed(k, n));
  }

  private static Row secondTransposed(long m, long k, long n) {
    Operand b = Operand.signed(n, k).seen(Tensor::transpose, k, n);
    return OpRow.of(name(m, k, n) + ", second transposed", new MatMul(), Operand.signed(m, k), b);
  }
}
