package org.hypergrad.engine.backend.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.Arrays;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * y = a b for [batch..., m, k] x [batch..., k, n], all of one rank; a batch extent of 1 broadcasts.
 * One of the last two strides of each operand is 1; y lies in row-major order.
 *
 * @param a extents of a
 * @param aStrides strides of a, in elements
 * @param b extents of b
 * @param bStrides strides of b, in elements
 * @param y extents of y
 */
public record MatrixProduct(long[] a, long[] aStrides, long[] b, long[] bStrides, long[] y) {
  /** Runs the product on the addresses of a, b and y. */
  public void run(ProgramCache cache, int threads, long... addresses) {
    cache.run(this, work(), threads, this::build, addresses);
  }

  /** The same product of two matrices, with so many rows of a alone. */
  public MatrixProduct rows(long rows) {
    long[] some = {rows, a[1]};
    return new MatrixProduct(some, aStrides, b, bStrides, new long[] {rows, y[1]});
  }

  private long work() {
    long work = a[a.length - 1];
    for (long extent : y) {
      work *= extent;
    }
    return work;
  }

  private void build(Program.Builder program) {
    dnnl_memory_desc left = program.own(OneDnn.strided(a, aStrides));
    dnnl_memory_desc right = program.own(OneDnn.strided(b, bStrides));
    dnnl_memory_desc result = program.own(OneDnn.strided(y, Program.rowMajor(y)));
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    OneDnn.check(
        "dnnl_matmul_primitive_desc_create",
        dnnl_matmul_primitive_desc_create(
            description,
            program.library().engine(),
            left,
            right,
            null,
            result,
            program.library().attributes()),
        this);
    program.own(description);
    int[] arguments = {
      DNNL_ARG_SRC, program.external(left), DNNL_ARG_WEIGHTS, program.external(right)
    };
    program.into(program.external(result), result, description, DNNL_ARG_DST, arguments);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MatrixProduct p
        && Arrays.equals(a, p.a)
        && Arrays.equals(aStrides, p.aStrides)
        && Arrays.equals(b, p.b)
        && Arrays.equals(bStrides, p.bStrides)
        && Arrays.equals(y, p.y);
  }

  @Override
  public int hashCode() {
    return ((Arrays.hashCode(a) * 31 + Arrays.hashCode(aStrides)) * 31 + Arrays.hashCode(b)) * 31
        + Arrays.hashCode(bStrides);
  }

  @Override
  public String toString() {
    return "matmul "
        + Arrays.toString(a)
        + " by "
        + Arrays.toString(aStrides)
        + " x "
        + Arrays.toString(b)
        + " by "
        + Arrays.toString(bStrides);
  }
}
