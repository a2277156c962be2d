package org.hypergrad.engine.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hypergrad.engine.Axes;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.AdaptiveAvgPool2d;
import org.hypergrad.engine.op.ArgReduce;
import org.hypergrad.engine.op.AvgPool2d;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.Gather;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Reduce;
import org.hypergrad.engine.op.ReduceKind;
import org.hypergrad.engine.op.Reduction;
import org.hypergrad.engine.op.Softmax;
import org.hypergrad.engine.op.TopK;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class CpuReductionsTest {
  private static final Device CPU = Device.cpu();

  /** Rounding of the result, and of float32 exponentials. */
  private static final double TOLERANCE = 1e-6;

  private final int threads = CPU.threads();
  private final long before = CPU.memory().live();

  @AfterEach
  void nothingIsLeft() {
    CPU.setThreads(threads);
    assertEquals(before, CPU.memory().live());
  }

  private static float[] random(Shape shape) {
    SplittableRandom random = new SplittableRandom(shape.hashCode());
    float[] values = new float[(int) shape.count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-3, 3);
    }
    return values;
  }

  private static final List<UnaryOperator<Tensor>> LAYOUTS =
      List.of(
          x -> x,
          x -> reversed(reversed(x).copy()),
          x -> x.rank() < 3 ? x : x.transpose(1, -1).copy().transpose(1, -1),
          x -> x.rank() < 4 ? x : x.permute(0, 2, 3, 1).copy().permute(0, 3, 1, 2),
          x -> x.unsqueeze(-1).broadcastTo(x.shape().insert(x.rank(), 2)).copy().select(-1, 0),
          x ->
              x.rank() == 0 || x.count() == 0
                  ? x
                  : x.slice(-1, 0, 1).copy().broadcastTo(x.shape()));

  private static Tensor reversed(Tensor x) {
    return x.permute(IntStream.range(0, x.rank()).map(i -> x.rank() - 1 - i).toArray());
  }

  /** Runs on both devices, in all layouts, with one to three threads. */
  private static void check(Shape shape, Function<Tensor, Tensor> op) {
    check(TOLERANCE, shape, op);
  }

  private static void check(double tolerance, Shape shape, Function<Tensor, Tensor> op) {
    for (UnaryOperator<Tensor> layout : LAYOUTS) {
      double[] expected = run(Device.reference(), shape, layout, op);
      double[] first = null;
      for (int threads = 1; threads <= 3; threads++) {
        CPU.setThreads(threads);
        double[] actual = run(CPU, shape, layout, op);
        first = first == null ? actual : first;
        assertArrayEquals(first, actual, "bits with " + threads + " threads");
      }
      assertClose(expected, first, tolerance, shape + ", layout " + LAYOUTS.indexOf(layout));
    }
  }

  private static void assertClose(
      double[] expected, double[] actual, double tolerance, String message) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      double e = expected[i];
      double bound = Double.isFinite(e) ? tolerance * Math.max(1, Math.abs(e)) : 0;
      assertEquals(e, actual[i], bound, message);
    }
  }

  private static double[] run(
      Device device, Shape shape, UnaryOperator<Tensor> layout, Function<Tensor, Tensor> op) {
    return device.call(
        () ->
            Scope.call(
                () ->
                    op.apply(layout.apply(Tensor.of(random(shape), shape.toArray()))).toDoubles()));
  }

  private static Stream<Shape> shapes() {
    return Stream.of(
        Shape.SCALAR,
        Shape.of(1),
        Shape.of(37),
        Shape.of(3, 0),
        Shape.of(7, 1),
        Shape.of(13, 70),
        Shape.of(2, 3, 5),
        Shape.of(5, 1, 33),
        Shape.of(2, 3, 4, 5),
        Shape.of(3, 17, 1, 9));
  }

  @ParameterizedTest
  @EnumSource
  void everySetOfAxesReduces(ReduceKind kind) {
    for (Shape shape : shapes().toList()) {
      for (int mask = 0; mask < 1 << shape.rank(); mask++) {
        Axes axes = new Axes(mask);
        if (axes.count(shape) > 0 || kind != ReduceKind.MAX && kind != ReduceKind.MIN) {
          Reduce op = new Reduce(kind, axes, (mask & 1) != 0, 0);
          check(shape, x -> Dispatch.run(op, x)[0]);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void sizesThatAreSharedByThreadsReduceAlike(ReduceKind kind) {
    for (int mask : new int[] {1, 2, 3}) {
      Reduce op = new Reduce(kind, new Axes(mask), false, 1);
      check(Shape.of(2, 70_001), x -> Dispatch.run(op, x)[0]);
      check(Shape.of(30_011, 5), x -> Dispatch.run(op, x)[0]);
      check(Shape.of(301, 523), x -> Dispatch.run(op, x)[0]);
    }
  }

  @Test
  void theMeanOfTwentyMillionOnesIsOne() {
    CPU.run(
        () ->
            Scope.run(
                () -> {
                  Tensor ones = Tensor.ones(20_000_000);
                  assertEquals(1, ones.mean().item());
                  assertEquals(1, ones.reshape(-1, 4).mean(0).get(3));
                  assertEquals(2e7, ones.sum().item());
                }));
  }

  @Test
  void theNormNeitherOverflowsNorVanishes() {
    CPU.run(
        () ->
            Scope.run(
                () -> {
                  assertEquals(5e30f, Tensor.of(new float[] {3e30f, 4e30f}, 2).norm().item());
                  assertEquals(5e-30f, Tensor.of(new float[] {3e-30f, 4e-30f}, 2).norm().item());
                }));
  }

  /** Every index of a row of vector lanes and remainders carries a special value once. */
  @Test
  void specialValuesReachTheResult() {
    for (float special : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -Float.MAX_VALUE}) {
      for (int at = 0; at < 41; at++) {
        int place = at;
        for (ReduceKind kind : ReduceKind.values()) {
          Reduce op = new Reduce(kind, new Axes(1), false, 0);
          assertSame(special, place, x -> Dispatch.run(op, x)[0]);
        }
        assertSame(special, place, x -> x.softmax(0));
        assertSame(special, place, x -> x.logSoftmax(0));
        assertSame(special, place, x -> x.argmax(0));
        assertSame(special, place, x -> x.argmin(0));
        assertSame(special, place, x -> x.topK(3, 0)[1]);
      }
    }
  }

  private static void assertSame(float special, int at, Function<Tensor, Tensor> op) {
    Shape shape = Shape.of(41);
    UnaryOperator<Tensor> planted =
        x -> {
          x.slice(0, at, at + 1).fill(special);
          return x;
        };
    double[] expected = run(Device.reference(), shape, planted, op);
    double[] actual = run(CPU, shape, planted, op);
    assertClose(expected, actual, TOLERANCE, special + " at " + at);
  }

  private static Stream<Op> opsOfOneAxis() {
    return IntStream.range(0, 3)
        .boxed()
        .flatMap(
            axis ->
                Stream.of(
                    new Softmax(axis, false),
                    new Softmax(axis, true),
                    new ArgReduce(true, axis, false),
                    new ArgReduce(false, axis, true),
                    new TopK(2, axis)));
  }

  @ParameterizedTest
  @MethodSource("opsOfOneAxis")
  void opsAlongAnAxisAgree(Op op) {
    for (Shape shape : List.of(Shape.of(3, 4, 5), Shape.of(2, 65, 77), Shape.of(19, 2, 33))) {
      check(shape, x -> Dispatch.run(op, x)[0]);
    }
  }

  private static Stream<Op> pools() {
    Pool2d overlapping = Pool2d.of(3, 2, 1);
    return Stream.of(
        new MaxPool2d(overlapping),
        new MaxPool2d(overlapping.withCeil()),
        new AvgPool2d(overlapping, true),
        new AvgPool2d(overlapping.withCeil(), false),
        new AdaptiveAvgPool2d(3, 2),
        new AdaptiveAvgPool2d(1, 1),
        new MaxPool2d.Gradient(overlapping, 14, 9),
        new AvgPool2d.Gradient(new AvgPool2d(overlapping, true), 14, 9),
        new AdaptiveAvgPool2d.Gradient(14, 9));
  }

  @ParameterizedTest
  @MethodSource("pools")
  void poolingAgrees(Op op) {
    boolean gradient = op.name().endsWith("gradient");
    for (int channels : new int[] {1, 3, 67}) {
      Shape shape = gradient ? Shape.of(3, channels, 7, 5) : Shape.of(3, channels, 14, 9);
      check(shape, x -> Dispatch.run(op, operands(op, x))[0]);
    }
  }

  /** With places for the gradient of the maximum: those of windows over other random numbers. */
  private static Tensor[] operands(Op op, Tensor x) {
    if (!(op instanceof MaxPool2d.Gradient g)) {
      return new Tensor[] {x};
    }
    Shape whole = x.shape().with(2, g.height()).with(3, g.width());
    Tensor places =
        Dispatch.run(new MaxPool2d(g.pool()), Tensor.of(random(whole), whole.toArray()))[1];
    return new Tensor[] {x, places};
  }

  @Test
  void pooledImagesKeepTheirLayout() {
    CPU.run(
        () ->
            Scope.run(
                () -> {
                  Tensor x = Tensor.ones(2, 6, 6, 8).permute(0, 3, 1, 2);
                  Tensor[] y = Dispatch.run(new MaxPool2d(Pool2d.of(2)), x);
                  assertArrayEquals(new long[] {72, 1, 24, 8}, y[0].strides());
                  assertArrayEquals(new long[] {72, 1, 24, 8}, y[1].strides());
                  Tensor dx =
                      Dispatch.run(new MaxPool2d.Gradient(Pool2d.of(2), 6, 6), y[0], y[1])[0];
                  assertArrayEquals(x.strides(), dx.strides());
                }));
  }

  private static int[] labels(int count, int classes) {
    return new SplittableRandom(count).ints(count, 0, classes).toArray();
  }

  @ParameterizedTest
  @EnumSource
  void crossEntropyAgrees(Reduction reduction) {
    for (double smoothing : new double[] {0, 0.1}) {
      CrossEntropy op = new CrossEntropy(reduction, smoothing, 2);
      for (Shape shape : List.of(Shape.of(1, 10), Shape.of(301, 37), Shape.of(7, 5, 3, 11))) {
        Shape examples = shape.without(1);
        int[] labels = labels((int) examples.count(), (int) shape.extent(1));
        Function<Tensor, Tensor> labelled = x -> op.apply(x, Tensor.of(labels, examples.toArray()));
        check(shape, labelled);
        check(
            shape,
            x -> {
              Tensor y = Tensor.of(labels, examples.toArray());
              Tensor dy =
                  Tensor.ones(reduction == Reduction.NONE ? examples.toArray() : new long[0]);
              return Dispatch.run(new CrossEntropy.Gradient(op), dy, x, y)[0];
            });
      }
    }
  }

  @Test
  void gathersAndScattersAgreeAndCheckTheirIndices() {
    for (int axis = 0; axis < 3; axis++) {
      int along = axis;
      Shape shape = Shape.of(6, 65, 33);
      int[] picks = labels(9, 6);
      check(shape, x -> x.indexSelect(along, Tensor.of(picks, 9)));
      Gather.ScatterAdd scatter = new Gather.ScatterAdd(axis, 6);
      // Some 50 terms of at most 3 meet in an element, and each sum rounds in float.
      check(
          50 * 0x1p-24,
          shape,
          x ->
              Dispatch.run(scatter, x, Tensor.of(labels((int) shape.count(), 6), shape.toArray()))[
                  0]);
    }
    CPU.run(
        () ->
            Scope.run(
                () -> {
                  Tensor x = Tensor.ones(3, 2);
                  for (int bad : new int[] {-1, 3}) {
                    Tensor index = Tensor.of(new int[] {bad}, 1);
                    assertThrows(ArgumentException.class, () -> x.indexSelect(0, index));
                    assertThrows(ArgumentException.class, () -> index.oneHot(3));
                    assertThrows(
                        ArgumentException.class,
                        () -> CrossEntropy.mean().apply(Tensor.ones(1, 3), index));
                  }
                }));
  }
}
