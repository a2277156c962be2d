package org.hypergrad.engine.backend.cuda;

import java.util.Arrays;
import org.hypergrad.engine.Tensor;
import org.hypergrad.kernels.CudaStream;
import org.hypergrad.kernels.DeviceMatrix;
import org.hypergrad.kernels.DeviceView;

/** Matrix products, by cuBLAS. */
final class CudaProducts {
  private final CudaStream stream;

  CudaProducts(CudaStream stream) {
    this.stream = stream;
  }

  /** The product of the first two, and the third if there is one: y has it first. */
  void matmul(Tensor[] in, Tensor y) {
    boolean adds = in.length > 2;
    long k = in[0].extent(-1);
    if (adds) {
      y.assign(in[2]);
    } else if (k == 0) {
      y.fill(0);
    }
    if (k == 0) {
      return;
    }
    Factor left = Factor.of(in[0]);
    Factor right = Factor.of(in[1]);
    Factor result = new Factor(y, false, y.extent(-1));
    new Product(y.extent(-2), y.extent(-1), k, left, right, result, adds)
        .run(stream, batches(y, left.tensor, right.tensor));
  }

  /** The leading axes of results and factors, merged where all allow it. */
  private static Strided batches(Tensor y, Tensor a, Tensor b) {
    int axes = y.rank() - 2;
    long[][] strides = new long[3][axes];
    long[] extents = new long[axes];
    for (int i = 0; i < axes; i++) {
      extents[i] = y.extent(i);
      strides[0][i] = y.stride(i);
      strides[1][i] = stride(a, i + a.rank() - y.rank(), extents[i]);
      strides[2][i] = stride(b, i + b.rank() - y.rank(), extents[i]);
    }
    return Strided.merge(extents, strides);
  }

  private static long stride(Tensor factor, int axis, long extent) {
    return axis < 0 || factor.extent(axis) != extent ? 0 : factor.stride(axis);
  }

  /** A tensor whose last two axes cuBLAS can read. */
  private record Factor(Tensor tensor, boolean transposed, long leading) {
    /** The tensor itself if it lies by rows or by columns, else a copy. */
    static Factor of(Tensor x) {
      long rows = x.extent(-2);
      long columns = x.extent(-1);
      long row = x.stride(x.rank() - 2);
      long column = x.stride(x.rank() - 1);
      if (lies(rows, row, columns, column)) {
        return new Factor(x, false, rows == 1 ? columns : row);
      }
      if (lies(columns, column, rows, row)) {
        return new Factor(x, true, columns == 1 ? rows : column);
      }
      return new Factor(x.copy(), false, columns);
    }

    /** Whether lines of neighbours lie one after another without overlap. */
    private static boolean lies(long lines, long line, long length, long step) {
      return (length == 1 || step == 1)
          && (lines == 1 || line >= length && line <= Integer.MAX_VALUE);
    }

    DeviceMatrix at(long offset, long batchStride) {
      return new DeviceMatrix(
          new DeviceView(Kernels.block(tensor), Kernels.byteOffset(tensor) + offset * Float.BYTES),
          transposed,
          leading,
          batchStride);
    }
  }

  /** Products [m, k] x [k, n], the innermost batch axis by one call; added to y or in its place. */
  private record Product(long m, long n, long k, Factor a, Factor b, Factor y, boolean adds) {
    void run(CudaStream stream, Strided batches) {
      int innermost = batches.extents().length - 1;
      if (innermost < 0) {
        multiply(stream, 1, new long[3], new long[3]);
        return;
      }
      long[] steps =
          Arrays.stream(batches.strides()).mapToLong(strides -> strides[innermost]).toArray();
      long outer = 1;
      for (int axis = 0; axis < innermost; axis++) {
        outer *= batches.extents()[axis];
      }
      for (long i = 0; i < outer; i++) {
        long[] offsets = offsets(batches, innermost, i);
        multiply(stream, batches.extents()[innermost], offsets, steps);
      }
    }

    /** Where result and factors of the i-th combination of the outer axes begin. */
    private static long[] offsets(Strided batches, int innermost, long i) {
      long[] offsets = new long[3];
      long rest = i;
      for (int axis = innermost - 1; axis >= 0; axis--) {
        long at = rest % batches.extents()[axis];
        rest /= batches.extents()[axis];
        for (int k = 0; k < 3; k++) {
          offsets[k] += at * batches.strides()[k][axis];
        }
      }
      return offsets;
    }

    private void multiply(CudaStream stream, long count, long[] offsets, long[] steps) {
      // One right factor for all: a single product of the rows of all left factors.
      boolean joined =
          steps[2] == 0
              && !a.transposed
              && steps[1] == m * a.leading
              && m * count <= Integer.MAX_VALUE;
      stream
          .blas()
          .multiply(
              adds,
              joined ? 1 : count,
              joined ? m * count : m,
              n,
              k,
              a.at(offsets[1], joined ? 0 : steps[1]),
              b.at(offsets[2], joined ? 0 : steps[2]),
              y.at(offsets[0], joined ? 0 : steps[0]));
    }
  }
}
