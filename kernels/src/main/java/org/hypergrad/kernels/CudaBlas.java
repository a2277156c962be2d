package org.hypergrad.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasPointerMode;
import jcuda.runtime.cudaStream_t;

/**
 * Matrix products on one stream, by cuBLAS, whose handle lives as long as the stream. Matrices are
 * row-major; cuBLAS, which is column-major, sees their transposes and computes C^T = B^T A^T.
 *
 * <p>Safe for use by several threads.
 */
public final class CudaBlas {
  private static final long MIB = 1 << 20;

  /** From this compute capability on, NVIDIA recommends 32 MiB instead of 4. */
  private static final int HOPPER = 9;

  private final CudaStream stream;
  private final CudaContext context;
  private final cublasHandle handle = new cublasHandle();
  private final Scalars scalars = new Scalars();
  private final long workspaceBytes;
  private boolean tf32;

  /** What a product is scaled with, where the host's calls can read it. */
  static final class Scalars {
    private final MemorySegment values = Arena.ofAuto().allocate(2L * Float.BYTES);
    final Pointer one = new Driver.Address(values.address());
    final Pointer zero = new Driver.Address(values.address() + Float.BYTES);

    Scalars() {
      values.set(ValueLayout.JAVA_FLOAT, 0, 1);
    }
  }

  CudaBlas(CudaStream stream) {
    this.stream = stream;
    context = stream.context();
    workspaceBytes = (context.device().major() >= HOPPER ? 32 : 4) * MIB;
    CudaLibrary.CUBLAS.require("cublasCreate");
    context.enter("cublasCreate");
    check("cublasCreate", JCublas2.cublasCreate(handle), "");
    try {
      check(
          "cublasSetStream",
          JCublas2.cublasSetStream(handle, new cudaStream_t(stream.handle())),
          "");
      check(
          "cublasSetPointerMode",
          JCublas2.cublasSetPointerMode(handle, cublasPointerMode.CUBLAS_POINTER_MODE_HOST),
          "");
      setMath(false);
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  /** The default mode computes in float32 throughout; TF32 is a mode of its own. */
  private void setMath(boolean roundToTf32) {
    check(
        "cublasSetMathMode",
        JCublas2.cublasSetMathMode(
            handle,
            roundToTf32 ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH : cublasMath.CUBLAS_DEFAULT_MATH),
        "");
    tf32 = roundToTf32;
  }

  /** The version of cuBLAS: 10000 major + 100 minor + patch. */
  public synchronized int version() {
    int[] version = {0};
    context.enter("cublasGetVersion");
    check("cublasGetVersion", JCublas2.cublasGetVersion(handle, version), "");
    return version[0];
  }

  /**
   * C = A B, or C = C + A B, for each of {@code batches} matrices: A [m, k], B [k, n], C [m, n].
   * Nothing is done where C is empty.
   *
   * @param adds whether the product is added to what C has
   * @throws CudaLibraryException if k is 0, if a leading dimension or a block is too small, if a
   *     number does not fit in 32 bits, or if cuBLAS fails
   */
  public synchronized void multiply(
      boolean adds,
      long batches,
      long m,
      long n,
      long k,
      DeviceMatrix a,
      DeviceMatrix b,
      DeviceMatrix c) {
    if (batches == 0 || m == 0 || n == 0) {
      return;
    }
    Product product = new Product(adds, batches, m, n, k, a, b, c);
    String call = batches == 1 ? "cublasSgemm" : "cublasSgemmStridedBatched";
    product.check(call);
    context.enter(call);
    boolean wanted = context.libraryOptions().tf32();
    if (wanted != tf32) {
      setMath(wanted);
    }
    // From the pool, for this product only: what cuBLAS takes by itself, nobody counts.
    try (DeviceMemory workspace =
        context.memory().allocate("cuBLAS workspace", workspaceBytes, stream)) {
      check(
          "cublasSetWorkspace",
          JCublas2.cublasSetWorkspace(
              handle, new Driver.Address(workspace.address()), workspaceBytes),
          product);
      check(call, product.run(this, call), product);
    }
  }

  /** A product with its operands; {@code toString} is for messages. */
  private record Product(
      boolean adds,
      long batches,
      long m,
      long n,
      long k,
      DeviceMatrix a,
      DeviceMatrix b,
      DeviceMatrix c) {
    void check(String call) {
      if (batches < 0 || m < 0 || n < 0 || k < 1) {
        throw refuse(call, "extents out of range; expected k >= 1 and none below 0");
      }
      if (c.transposed() || batches > 1 && c.batchStride() < m * n) {
        throw refuse(call, "C is transposed or overlaps itself");
      }
      if (Math.max(batches, Math.max(m, Math.max(n, k))) > Integer.MAX_VALUE) {
        throw refuse(call, "an extent of 2^31 or more");
      }
      leading(call, "A", a, a.transposed() ? m : k);
      leading(call, "B", b, b.transposed() ? k : n);
      leading(call, "C", c, n);
    }

    private void leading(String call, String role, DeviceMatrix matrix, long width) {
      if (matrix.leading() < width || matrix.leading() > Integer.MAX_VALUE) {
        throw refuse(
            call,
            "leading dimension of "
                + role
                + " out of range; got "
                + matrix.leading()
                + "; expected "
                + width
                + " to 2^31 - 1");
      }
    }

    private CudaLibraryException refuse(String call, String problem) {
      return new CudaLibraryException(call, CudaException.REFUSED, LibraryWork.of(this), problem);
    }

    int run(CudaBlas blas, String call) {
      Pointer left = pointer(blas, call, "A", a, m, k);
      Pointer right = pointer(blas, call, "B", b, k, n);
      Pointer result = pointer(blas, call, "C", c, m, n);
      Pointer kept = adds ? blas.scalars.one : blas.scalars.zero;
      int rightOp = operation(b);
      int leftOp = operation(a);
      return batches == 1
          ? JCublas2.cublasSgemm(
              blas.handle,
              rightOp,
              leftOp,
              (int) n,
              (int) m,
              (int) k,
              blas.scalars.one,
              right,
              (int) b.leading(),
              left,
              (int) a.leading(),
              kept,
              result,
              (int) c.leading())
          : JCublas2.cublasSgemmStridedBatched(
              blas.handle,
              rightOp,
              leftOp,
              (int) n,
              (int) m,
              (int) k,
              blas.scalars.one,
              right,
              (int) b.leading(),
              b.batchStride(),
              left,
              (int) a.leading(),
              a.batchStride(),
              kept,
              result,
              (int) c.leading(),
              c.batchStride(),
              (int) batches);
    }

    private Pointer pointer(
        CudaBlas blas, String call, String role, DeviceMatrix matrix, long rows, long columns) {
      return matrix
          .at()
          .pointer(blas.context, call, role, matrix.bytes(batches, rows, columns), this);
    }

    private static int operation(DeviceMatrix matrix) {
      return matrix.transposed() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    }

    @Override
    public String toString() {
      return (batches == 1 ? "" : batches + " times ")
          + a.describe(m, k)
          + " x "
          + b.describe(k, n)
          + " -> "
          + c.describe(m, n);
    }
  }

  private void check(String call, int status, Object shapes) {
    CudaLibrary.CUBLAS.check(stream, call, status, LibraryWork.of(shapes));
  }

  /** Gives the handle back; all work on the stream is done. */
  void close() {
    if (!context.isStopped()) {
      context.enter("cublasDestroy");
      check("cublasDestroy", JCublas2.cublasDestroy(handle), "");
    }
  }
}
