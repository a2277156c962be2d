package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.hypergrad.kernels.ConvolutionShape.Images;
import org.hypergrad.kernels.ConvolutionShape.Pair;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolutions and their gradients against double loops over every product. */
@Simulated
class CudaConvolutionTest extends SimulatedContext {
  private static final Pair ONE = new Pair(1, 1);
  private static final Pair NONE = new Pair(0, 0);

  private static final ConvolutionShape PLAIN =
      new ConvolutionShape(new Images(2, 3, 6, 5), 4, new Pair(3, 3), ONE, new Pair(1, 1), ONE, 1);

  static List<ConvolutionShape> shapes() {
    return List.of(
        PLAIN,
        new ConvolutionShape(new Images(1, 1, 1, 1), 1, ONE, ONE, NONE, ONE, 1),
        // Stride, with a row and a column that no window reaches.
        new ConvolutionShape(
            new Images(2, 2, 8, 7), 3, new Pair(3, 2), new Pair(2, 3), NONE, ONE, 1),
        new ConvolutionShape(
            new Images(1, 2, 9, 8), 3, new Pair(3, 2), ONE, new Pair(2, 0), new Pair(2, 3), 1),
        new ConvolutionShape(
            new Images(2, 4, 5, 6), 6, new Pair(2, 3), new Pair(1, 2), new Pair(0, 1), ONE, 2),
        // By depth.
        new ConvolutionShape(
            new Images(1, 3, 5, 5), 3, new Pair(3, 3), ONE, new Pair(1, 1), ONE, 3),
        new ConvolutionShape(new Images(3, 5, 4, 3), 2, ONE, ONE, NONE, ONE, 1));
  }

  private static float[] random(Images images, long seed) {
    Random random = new Random(seed);
    float[] values = new float[(int) images.count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return values;
  }

  /** What becomes of each product x w that y is the sum of, by the places of all three. */
  private interface Visit {
    void of(int x, int w, int y);
  }

  private static void visit(ConvolutionShape s, Visit visit) {
    Images x = s.x();
    Images w = s.w();
    Images y = s.y();
    long outOfGroup = y.channels() / s.groups();
    for (long n = 0; n < y.batch(); n++) {
      for (long o = 0; o < y.channels(); o++) {
        for (long i = 0; i < y.height(); i++) {
          for (long j = 0; j < y.width(); j++) {
            for (long c = 0; c < w.channels(); c++) {
              for (long r = 0; r < w.height(); r++) {
                for (long t = 0; t < w.width(); t++) {
                  long row =
                      i * s.stride().height() + r * s.dilation().height() - s.padding().height();
                  long column =
                      j * s.stride().width() + t * s.dilation().width() - s.padding().width();
                  if (row >= 0 && row < x.height() && column >= 0 && column < x.width()) {
                    long channel = o / outOfGroup * w.channels() + c;
                    visit.of(at(x, n, channel, row, column), at(w, o, c, r, t), at(y, n, o, i, j));
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  private static int at(Images images, long n, long c, long row, long column) {
    return (int) (((n * images.channels() + c) * images.height() + row) * images.width() + column);
  }

  private static float[] toFloats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** Factors are below 1: each addition rounds by half a unit of a sum below their number. */
  private static float tolerance(long terms) {
    return (float) (terms * terms * 0x1p-24);
  }

  /** The result of a call that writes into the last of three blocks. */
  private float[] run(float[] first, float[] second, int count, Call call) {
    try (DeviceMemory a = upload(stream, first);
        DeviceMemory b = upload(stream, second);
        DeviceMemory result =
            context.memory().allocate("result", (long) count * Float.BYTES, stream)) {
      call.of(DeviceView.of(a), DeviceView.of(b), DeviceView.of(result));
      return download(result, stream);
    }
  }

  private interface Call {
    void of(DeviceView first, DeviceView second, DeviceView result);
  }

  private float[] forward(ConvolutionShape shape, float[] x, float[] w) {
    return run(x, w, (int) shape.y().count(), (a, b, y) -> stream.dnn().convolve(shape, a, b, y));
  }

  private float[] inputGradient(ConvolutionShape shape, float[] dy, float[] w) {
    return run(
        dy, w, (int) shape.x().count(), (a, b, dx) -> stream.dnn().inputGradient(shape, a, b, dx));
  }

  private float[] weightGradient(ConvolutionShape shape, float[] x, float[] dy) {
    return run(
        x, dy, (int) shape.w().count(), (a, b, dw) -> stream.dnn().weightGradient(shape, a, b, dw));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void convolutionsAreThoseOfTheLoops(ConvolutionShape shape) {
    float[] x = random(shape.x(), 1);
    float[] w = random(shape.w(), 2);
    double[] expected = new double[(int) shape.y().count()];
    visit(shape, (atX, atW, atY) -> expected[atY] += (double) x[atX] * w[atW]);
    long terms = shape.w().count() / shape.outChannels();
    assertArrayEquals(toFloats(expected), forward(shape, x, w), tolerance(terms));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void gradientsByTheInputAreThoseOfTheLoops(ConvolutionShape shape) {
    float[] dy = random(shape.y(), 3);
    float[] w = random(shape.w(), 2);
    double[] expected = new double[(int) shape.x().count()];
    visit(shape, (atX, atW, atY) -> expected[atX] += (double) dy[atY] * w[atW]);
    long terms = shape.w().count();
    assertArrayEquals(toFloats(expected), inputGradient(shape, dy, w), tolerance(terms));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void gradientsByTheKernelAreThoseOfTheLoops(ConvolutionShape shape) {
    float[] x = random(shape.x(), 1);
    float[] dy = random(shape.y(), 3);
    double[] expected = new double[(int) shape.w().count()];
    visit(shape, (atX, atW, atY) -> expected[atW] += (double) x[atX] * dy[atY]);
    long terms = shape.y().count() / shape.outChannels();
    assertArrayEquals(toFloats(expected), weightGradient(shape, x, dy), tolerance(terms));
  }

  @Test
  void aBiasIsAddedByChannel() {
    try (DeviceMemory bias = upload(stream, 10, 20);
        DeviceMemory y = upload(stream, 1, 2, 3, 4, 5, 6, 7, 8)) {
      stream.dnn().addBias(new Images(2, 2, 1, 2), DeviceView.of(bias), DeviceView.of(y));
      assertArrayEquals(new float[] {11, 12, 23, 24, 15, 16, 27, 28}, download(y, stream));
    }
  }

  @Test
  void factorsAreRoundedToTf32OnlyIfThatWasAskedFor() {
    ConvolutionShape one = shapes().get(1);
    float[] beyond = {1 + 0x1p-12f};
    float[] unit = {1};
    for (LibraryOptions options :
        List.of(LibraryOptions.DEFAULT, new LibraryOptions(true, true, 1 << 20))) {
      context.setLibraryOptions(options);
      float[] expected = options.tf32() ? unit : beyond;
      assertArrayEquals(expected, forward(one, beyond, unit));
      assertArrayEquals(expected, inputGradient(one, unit, beyond));
      assertArrayEquals(expected, weightGradient(one, beyond, unit));
    }
  }

  @Test
  void gradientsHaveTheSameBitsUnlessThatWasGivenUp() {
    ConvolutionShape shape =
        new ConvolutionShape(
            new Images(3, 8, 9, 9), 8, new Pair(3, 3), ONE, new Pair(1, 1), ONE, 1);
    float[] x = random(shape.x(), 1);
    float[] w = random(shape.w(), 2);
    float[] dy = random(shape.y(), 3);
    for (boolean deterministic : new boolean[] {true, false}) {
      context.setLibraryOptions(new LibraryOptions(false, deterministic, 1 << 20));
      assertEquals(
          deterministic, Arrays.equals(weightGradient(shape, x, dy), weightGradient(shape, x, dy)));
      assertEquals(
          deterministic, Arrays.equals(inputGradient(shape, dy, w), inputGradient(shape, dy, w)));
    }
  }

  /** What a failure says of the algorithm that was to run. */
  private CudaLibraryException failed(Runnable call) {
    SimulatedDriver.fail("dnn:1");
    CudaLibraryException failure = assertThrows(CudaLibraryException.class, call::run);
    SimulatedDriver.fail("");
    return failure;
  }

  @Test
  void aWorkspaceBeyondTheLimitIsNotChosen() {
    float[] x = random(PLAIN.x(), 1);
    float[] w = random(PLAIN.w(), 2);
    float[] dy = random(PLAIN.y(), 3);
    CudaLibraryException generous = failed(() -> forward(PLAIN, x, w));
    assertEquals("CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM", generous.algorithm());
    assertTrue(generous.workspaceBytes() > 0);
    context.setLibraryOptions(new LibraryOptions(false, true, 0));
    CudaLibraryException tight = failed(() -> forward(PLAIN, x, w));
    assertEquals("CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM", tight.algorithm());
    assertEquals(0, tight.workspaceBytes());
    CudaLibraryException impossible =
        assertThrows(CudaLibraryException.class, () -> weightGradient(PLAIN, x, dy));
    assertEquals(CudaException.REFUSED, impossible.status());
    assertTrue(impossible.detail().contains("no algorithm fits"), impossible.detail());
    assertTrue(impossible.detail().contains("expected a limit of at least "), impossible.detail());
    context.setLibraryOptions(new LibraryOptions(false, false, 0));
    CudaLibraryException loose = failed(() -> weightGradient(PLAIN, x, dy));
    assertEquals("CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0", loose.algorithm());
  }

  @Test
  void whereNoWorkspaceCanBeHadAnAlgorithmWithoutOneRuns() {
    float[] x = random(PLAIN.x(), 1);
    float[] w = random(PLAIN.w(), 2);
    float[] dy = random(PLAIN.y(), 3);
    float[] expected = forward(PLAIN, x, w);
    Call withoutMemory =
        (a, b, result) -> {
          stream.dnn();
          context.memory().trim();
          SimulatedDriver.fail("alloc:1+");
          try {
            stream.dnn().convolve(PLAIN, a, b, result);
          } finally {
            SimulatedDriver.fail("");
          }
        };
    assertArrayEquals(
        expected,
        run(x, w, expected.length, withoutMemory),
        tolerance(27),
        "another algorithm, the same sums");
    Call impossible =
        (a, b, result) -> {
          context.memory().trim();
          SimulatedDriver.fail("alloc:1+");
          try {
            stream.dnn().weightGradient(PLAIN, a, b, result);
          } finally {
            SimulatedDriver.fail("");
          }
        };
    DeviceMemoryException lack =
        assertThrows(
            DeviceMemoryException.class, () -> run(x, dy, (int) PLAIN.w().count(), impossible));
    assertEquals("cuDNN workspace", lack.purpose());
    assertEquals(0, context.memory().stats().live());
    weightGradient(PLAIN, x, dy);
  }

  @Test
  void aFailedCallSaysEverythingAndTheNextOneWorks() {
    float[] x = random(PLAIN.x(), 1);
    float[] w = random(PLAIN.w(), 2);
    CudaLibraryException failure = failed(() -> forward(PLAIN, x, w));
    assertEquals("cudnnConvolutionForward", failure.call());
    assertEquals("CUDNN_STATUS_EXECUTION_FAILED", failure.status());
    assertEquals(
        "x [2, 3, 6, 5], w [4, 3, 3, 3], y [2, 4, 6, 5], stride [1, 1], padding [1, 1],"
            + " dilation [1, 1], groups 1",
        failure.shapes());
    assertTrue(
        failure
            .getMessage()
            .startsWith(
                "cudnnConvolutionForward: CUDNN_STATUS_EXECUTION_FAILED; "
                    + failure.shapes()
                    + "; algorithm CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, workspace "),
        failure.getMessage());
    assertEquals(0, context.memory().stats().live());
    assertEquals(PLAIN.y().count(), forward(PLAIN, x, w).length);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    float[] x = random(PLAIN.x(), 1);
    float[] w = random(PLAIN.w(), 2);
    CudaLibraryException small =
        assertThrows(
            CudaLibraryException.class,
            () ->
                run(
                    Arrays.copyOf(x, x.length - 1),
                    w,
                    (int) PLAIN.y().count(),
                    (a, b, y) -> stream.dnn().convolve(PLAIN, a, b, y)));
    assertTrue(small.detail().contains("x has too few bytes; expected 720"), small.detail());
    ConvolutionShape odd = new ConvolutionShape(PLAIN.x(), 4, ONE, ONE, NONE, ONE, 2);
    CudaLibraryException groups =
        assertThrows(CudaLibraryException.class, () -> forward(odd, x, w));
    assertTrue(groups.detail().contains("groups do not divide the channels"), groups.detail());
    ConvolutionShape huge =
        new ConvolutionShape(new Images(1 << 16, 1, 256, 256), 1, ONE, ONE, NONE, ONE, 1);
    CudaLibraryException count =
        assertThrows(
            CudaLibraryException.class,
            () -> run(x, w, 1, (a, b, y) -> stream.dnn().convolve(huge, a, b, y)));
    assertTrue(count.detail().contains("cuDNN counts elements in 32 bits"), count.detail());
  }

  @Test
  void aStreamHasOneHandleOfTheVersionThatIsNeeded() {
    assertSame(stream.dnn(), stream.dnn());
    assertEquals(9, stream.dnn().version() / 10_000);
    CudaStream other = context.newStream();
    assertFalse(other.dnn() == stream.dnn());
    other.close();
  }
}
