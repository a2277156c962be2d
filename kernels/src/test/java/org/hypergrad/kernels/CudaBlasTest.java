package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Matrix products against double loops. */
@Simulated
class CudaBlasTest extends SimulatedContext {
  /** 1 + 2^-12, whose last bit TF32 does not have. */
  private static final float BEYOND_TF32 = 1 + 0x1p-12f;

  private static float[] random(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return values;
  }

  /** Where element [row, column] of a matrix of the batch lies. */
  private static int at(DeviceMatrix matrix, int batch, int row, int column) {
    long inBatch =
        matrix.transposed() ? column * matrix.leading() + row : row * matrix.leading() + column;
    return (int) (matrix.at().byteOffset() / Float.BYTES + batch * matrix.batchStride() + inBatch);
  }

  @ParameterizedTest
  @CsvSource({
    // batches, m, n, k, A and B transposed, elements between rows beyond their length
    "1, 3, 5, 2, false, false, 0",
    "1, 3, 5, 2, true, false, 0",
    "1, 3, 5, 2, false, true, 0",
    "1, 3, 5, 2, true, true, 0",
    "1, 1, 1, 1, false, false, 0",
    "1, 17, 1, 33, false, false, 3",
    "1, 1, 17, 33, true, true, 2",
    "4, 3, 5, 2, false, false, 1",
    "4, 3, 5, 7, true, false, 2",
    "4, 2, 6, 7, false, true, 3",
    "3, 6, 2, 5, true, true, 0",
  })
  void productsAreThoseOfDoubleLoops(
      int batches, int m, int n, int k, boolean aTransposed, boolean bTransposed, int gap) {
    int aLeading = (aTransposed ? m : k) + gap;
    int bLeading = (bTransposed ? k : n) + 2 * gap;
    int cLeading = n + gap;
    int aStride = aLeading * (aTransposed ? k : m) + gap;
    int bStride = bLeading * (bTransposed ? n : k);
    int cStride = cLeading * m;
    float[] left = random(1 + batches * aStride, 1);
    float[] right = random(2 + batches * bStride, 2);
    float[] before = random(batches * cStride, 3);
    try (DeviceMemory atA = upload(stream, left);
        DeviceMemory atB = upload(stream, right);
        DeviceMemory atC = upload(stream, before)) {
      DeviceMatrix a = new DeviceMatrix(new DeviceView(atA, 4), aTransposed, aLeading, aStride);
      DeviceMatrix b = new DeviceMatrix(new DeviceView(atB, 8), bTransposed, bLeading, bStride);
      DeviceMatrix c = new DeviceMatrix(DeviceView.of(atC), false, cLeading, cStride);
      stream.blas().multiply(false, batches, m, n, k, a, b, c);
      float[] got = download(atC, stream);
      float[] expected = before.clone();
      for (int batch = 0; batch < batches; batch++) {
        for (int i = 0; i < m; i++) {
          for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int l = 0; l < k; l++) {
              sum += (double) left[at(a, batch, i, l)] * right[at(b, batch, l, j)];
            }
            expected[at(c, batch, i, j)] = (float) sum;
          }
        }
      }
      // k factors below 1: each of k additions rounds by half a unit of a sum below k.
      assertArrayEquals(expected, got, k * k * 0x1p-24f);
      stream.blas().multiply(true, batches, m, n, k, a, b, c);
      float[] twice = download(atC, stream);
      for (int i = 0; i < twice.length; i++) {
        boolean computed = expected[i] != before[i];
        assertEquals(computed ? 2 * expected[i] : before[i], twice[i], 4 * k * k * 0x1p-24f);
      }
    }
  }

  @Test
  void aBatchStrideOfZeroIsOneMatrixForAll() {
    try (DeviceMemory atA = upload(stream, 1, 2);
        DeviceMemory atB = upload(stream, 10, 20, 30, 40);
        DeviceMemory atC = upload(stream, 0, 0)) {
      // A [1, 2] for both, B [2, 1] each.
      stream
          .blas()
          .multiply(
              false,
              2,
              1,
              1,
              2,
              DeviceMatrix.of(DeviceView.of(atA), 2),
              new DeviceMatrix(DeviceView.of(atB), false, 1, 2),
              new DeviceMatrix(DeviceView.of(atC), false, 1, 1));
      assertArrayEquals(new float[] {50, 110}, download(atC, stream));
    }
  }

  /** [1, 1] x [1, 1]. */
  private float product(float a, float b) {
    try (DeviceMemory atA = upload(stream, a);
        DeviceMemory atB = upload(stream, b);
        DeviceMemory atC = upload(stream, Float.NaN)) {
      multiply(1, 1, 1, atA, atB, atC);
      return download(atC, stream)[0];
    }
  }

  private void multiply(long m, long n, long k, DeviceMemory a, DeviceMemory b, DeviceMemory c) {
    stream
        .blas()
        .multiply(
            false,
            1,
            m,
            n,
            k,
            DeviceMatrix.of(DeviceView.of(a), k),
            DeviceMatrix.of(DeviceView.of(b), n),
            DeviceMatrix.of(DeviceView.of(c), n));
  }

  @Test
  void factorsAreRoundedToTf32OnlyIfThatWasAskedFor() {
    assertEquals(BEYOND_TF32, product(BEYOND_TF32, 1));
    context.setLibraryOptions(new LibraryOptions(true, true, 0));
    assertEquals(1, product(BEYOND_TF32, 1));
    context.setLibraryOptions(LibraryOptions.DEFAULT);
    assertEquals(BEYOND_TF32, product(BEYOND_TF32, 1));
  }

  @Test
  void aStreamHasOneHandleAndWorkspacesGoBack() {
    assertSame(stream.blas(), stream.blas());
    assertTrue(stream.blas().version() >= 120_000, "" + stream.blas().version());
    product(2, 3);
    assertEquals(0, context.memory().stats().live());
    assertTrue(context.memory().stats().peakLive() >= 4 << 20, "a workspace from the pool");
  }

  @Test
  void anEmptyResultIsNothingToDo() {
    try (DeviceMemory none = context.memory().allocate("none", 0, stream)) {
      multiply(0, 3, 2, none, none, none);
      multiply(3, 0, 2, none, none, none);
    }
  }

  @Test
  void whatDoesNotFitIsRefusedWithTheShapes() {
    try (DeviceMemory six = upload(stream, new float[6]);
        DeviceMemory three = upload(stream, new float[3])) {
      CudaLibraryException small =
          assertThrows(CudaLibraryException.class, () -> multiply(2, 3, 2, three, six, six));
      assertEquals(CudaException.REFUSED, small.status());
      assertEquals("[2, 2] by 2 x [2, 3] by 3 -> [2, 3] by 3", small.shapes());
      assertTrue(small.detail().contains("A has too few bytes; expected 16"), small.detail());
      CudaLibraryException tooSmall =
          assertThrows(CudaLibraryException.class, () -> multiply(2, 3, 2, six, six, three));
      assertTrue(tooSmall.detail().contains("C has too few bytes; expected 24"));
      CudaLibraryException empty =
          assertThrows(CudaLibraryException.class, () -> multiply(2, 3, 0, six, six, six));
      assertTrue(empty.detail().contains("expected k >= 1"), empty.detail());
      CudaLibraryException leading =
          assertThrows(
              CudaLibraryException.class,
              () ->
                  stream
                      .blas()
                      .multiply(
                          false,
                          1,
                          2,
                          3,
                          2,
                          DeviceMatrix.of(DeviceView.of(six), 1),
                          DeviceMatrix.of(DeviceView.of(six), 3),
                          DeviceMatrix.of(DeviceView.of(six), 3)));
      assertTrue(
          leading.detail().contains("leading dimension of A out of range; got 1; expected 2"),
          leading.detail());
    }
  }

  @Test
  void aFailedCallNamesStatusAndShapesAndTheNextOneWorks() {
    try (DeviceMemory a = upload(stream, 1, 2);
        DeviceMemory b = upload(stream, 3, 4);
        DeviceMemory c = upload(stream, 0)) {
      stream.blas();
      SimulatedDriver.fail("blas:1");
      CudaLibraryException failed =
          assertThrows(CudaLibraryException.class, () -> multiply(1, 1, 2, a, b, c));
      assertEquals("cublasSgemm", failed.call());
      assertTrue(failed.status().startsWith("CUBLAS_STATUS_"), failed.status());
      assertEquals("[1, 2] by 2 x [2, 1] by 1 -> [1, 1] by 1", failed.shapes());
      multiply(1, 1, 2, a, b, c);
      assertArrayEquals(new float[] {11}, download(c, stream));
    }
  }

  @Test
  void aHandleThatCannotBeMadeIsMadeByTheNextCall() {
    SimulatedDriver.fail("blas:1");
    CudaLibraryException failed = assertThrows(CudaLibraryException.class, () -> stream.blas());
    assertEquals("cublasCreate", failed.call());
    assertEquals("CUBLAS_STATUS_ALLOC_FAILED", failed.status());
    assertEquals(6, product(2, 3));
  }

  @Test
  void aWorkspaceThatCannotBeHadIsAnErrorOfThePool() {
    try (DeviceMemory x = upload(stream, 2);
        DeviceMemory y = upload(stream, 0)) {
      long live = context.memory().stats().live();
      SimulatedDriver.fail("alloc:1+");
      DeviceMemoryException failed =
          assertThrows(DeviceMemoryException.class, () -> multiply(1, 1, 1, x, x, y));
      assertEquals("cuBLAS workspace", failed.purpose());
      assertEquals(live, context.memory().stats().live());
      SimulatedDriver.fail("");
      multiply(1, 1, 1, x, x, y);
      assertArrayEquals(new float[] {4}, download(y, stream));
    }
  }
}
