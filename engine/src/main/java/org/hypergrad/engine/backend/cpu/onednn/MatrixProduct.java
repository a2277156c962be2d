package org.hypergrad.engine.backend.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.Arrays;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * y = a b, y = a b + c or y += a b, for [batch..., m, k] x [batch..., k, n], all of one rank; a
 * batch extent of 1 broadcasts. One of the last two strides of each operand is 1; c and y lie in
 * row-major order, y perhaps as some columns of a wider matrix.
 *
 * @param a extents of a
 * @param aStrides strides of a, in elements
 * @param b extents of b
 * @param bStrides strides of b, in elements
 * @param y extents of y
 * @param yRow from one row of y to the next, in elements
 * @param c extents of c: those of y, or 1 where it broadcasts; null for none
 * @param onto whether y keeps what it has, and the product is added to that
 */
public record MatrixProduct(
    long[] a,
    long[] aStrides,
    long[] b,
    long[] bStrides,
    long[] y,
    long yRow,
    long[] c,
    boolean onto) {
  /** Where oneDNN looks for what it adds after the product. */
  private static final int ADDEND = DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1;

  /** Runs the product on the addresses of a, b, y and, if there is one, c. */
  public void run(ProgramCache cache, int threads, long... addresses) {
    cache.run(this, work(), threads, this::build, addresses);
  }

  /** The same product of two matrices, with so many rows of a alone. */
  public MatrixProduct rows(long rows) {
    long[] some = {rows, a[1]};
    long[] added = c == null || c[0] == 1 ? c : new long[] {rows, c[1]};
    return new MatrixProduct(
        some, aStrides, b, bStrides, new long[] {rows, y[1]}, yRow, added, onto);
  }

  /** The same product of two matrices, with so many columns of b alone, and of c if it is a row. */
  public MatrixProduct columns(long columns) {
    long[] some = {b[0], columns};
    long[] added = c == null ? null : new long[] {1, columns};
    return new MatrixProduct(
        a, aStrides, some, bStrides, new long[] {y[0], columns}, yRow, added, onto);
  }

  /** The same product of two matrices, over so many columns of a alone. */
  public MatrixProduct depth(long depth, boolean adds) {
    long[] some = {a[0], depth};
    return new MatrixProduct(
        some, aStrides, new long[] {depth, b[1]}, bStrides, y, yRow, adds ? c : null, onto);
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
    dnnl_memory_desc result = program.own(OneDnn.strided(y, yStrides()));
    dnnl_memory_desc addend =
        c == null ? null : program.own(OneDnn.strided(c, Program.rowMajor(c)));
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
            attributes(program, addend)),
        this);
    program.own(description);
    int source = program.external(left);
    int weights = program.external(right);
    int target = program.external(result);
    int added = addend == null ? -1 : program.external(addend);
    int[] arguments = {DNNL_ARG_SRC, source, DNNL_ARG_WEIGHTS, weights, ADDEND, added};
    program.into(target, result, description, DNNL_ARG_DST, arguments);
  }

  private dnnl_primitive_attr attributes(Program.Builder program, dnnl_memory_desc addend) {
    if (onto) {
      return program.onto();
    }
    return addend == null ? program.library().attributes() : program.adding(addend);
  }

  private long[] yStrides() {
    long[] strides = Program.rowMajor(y);
    strides[strides.length - 2] = yRow;
    return strides;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MatrixProduct p
        && Arrays.equals(a, p.a)
        && Arrays.equals(aStrides, p.aStrides)
        && Arrays.equals(b, p.b)
        && Arrays.equals(bStrides, p.bStrides)
        && Arrays.equals(y, p.y)
        && yRow == p.yRow
        && onto == p.onto
        && Arrays.equals(c, p.c);
  }

  @Override
  public int hashCode() {
    return ((Arrays.hashCode(a) * 31 + Arrays.hashCode(aStrides)) * 31 + Arrays.hashCode(b)) * 31
        + Arrays.hashCode(bStrides) * 31
        + Arrays.hashCode(c);
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
        + Arrays.toString(bStrides)
        + (c == null ? "" : " + " + Arrays.toString(c))
        + (onto ? " + y" : "");
  }
}
