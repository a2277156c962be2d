package org.hypergrad.engine.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.ConvTranspose2d;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.Window2d;
import org.hypergrad.engine.random.Generator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CpuProductsTest {
  /** Applies {@code op} to the same random inputs on both devices; values must agree. */
  private static void agree(
      Op op, int terms, Function<Tensor[], Tensor[]> views, long[]... extents) {
    float[] expected = result(Device.reference(), op, views, extents);
    float[] actual = result(Device.cpu(), op, views, extents);
    // Inputs are below 5 in size; rounding grows with the number of terms at most.
    assertArrayEquals(
        expected, actual, 1e-6f * 8 * Math.max(1, (float) Math.sqrt(terms)), op.toString());
  }

  private static float[] result(
      Device device, Op op, Function<Tensor[], Tensor[]> views, long[]... extents) {
    return device.call(
        () ->
            Scope.call(
                () -> {
                  Generator random = new Generator(5);
                  Tensor[] in =
                      Arrays.stream(extents)
                          .map(e -> random.uniform(-1, 1, e))
                          .toArray(Tensor[]::new);
                  return Dispatch.run(op, views.apply(in))[0].toFloats();
                }));
  }

  private static Tensor[] channelsLast(Tensor[] in) {
    Tensor[] views = in.clone();
    for (int i = 0; i < views.length; i++) {
      if (views[i].rank() == 4) {
        views[i] = views[i].permute(0, 2, 3, 1).copy().permute(0, 3, 1, 2);
      }
    }
    return views;
  }

  private static Tensor[] sliced(Tensor[] in) {
    return Arrays.stream(in)
        .map(t -> t.unsqueeze(-1).broadcastTo(t.shape().insert(t.rank(), 2)).copy().select(-1, 1))
        .toArray(Tensor[]::new);
  }

  private record Geometry(
      long n, long c, long h, long w, long o, long kh, long kw, Window2d window, long groups) {}

  static Stream<Geometry> geometries() {
    Window2d unit = Window2d.UNIT;
    return Stream.of(
        new Geometry(2, 3, 7, 5, 4, 3, 3, unit.withPadding(1), 1),
        new Geometry(1, 16, 9, 11, 32, 3, 3, unit.withStride(2).withPadding(1), 1),
        new Geometry(3, 5, 8, 8, 7, 1, 1, unit, 1),
        new Geometry(2, 4, 9, 9, 6, 3, 2, unit.withDilation(2).withPadding(2), 2),
        new Geometry(2, 6, 8, 7, 6, 3, 3, unit.withPadding(1), 6),
        new Geometry(1, 1, 5, 5, 1, 2, 2, unit.withStride(3), 1),
        new Geometry(1, 2, 7, 1, 3, 2, 1, unit, 1),
        new Geometry(2, 3, 6, 5, 2, 2, 4, unit.same(2, 4), 1),
        new Geometry(
            2,
            3,
            6,
            6,
            4,
            3,
            3,
            new Window2d(
                new Window2d.Pair(2, 1), new Window2d.Padding(0, 2, 1, 0), Window2d.Pair.ONE),
            1),
        new Geometry(1, 3, 4, 4, 5, 7, 7, unit.withPadding(3), 1),
        // Large enough to go by tiles: an odd extent, no padding, another on each side.
        new Geometry(8, 32, 31, 31, 32, 3, 3, unit.withPadding(1), 1),
        new Geometry(6, 48, 36, 30, 32, 3, 3, unit, 1),
        new Geometry(
            5,
            32,
            33,
            29,
            48,
            3,
            3,
            new Window2d(Window2d.Pair.ONE, new Window2d.Padding(2, 1, 0, 2), Window2d.Pair.ONE),
            1));
  }

  @ParameterizedTest
  @MethodSource("geometries")
  void convolutionsAgreeWithTheReference(Geometry g) {
    Conv2d op = new Conv2d(g.window, g.groups);
    long[] x = {g.n, g.c, g.h, g.w};
    long[] w = {g.o, g.c / g.groups, g.kh, g.kw};
    long outHeight = g.window.outHeight(g.h, g.kh);
    long outWidth = g.window.outWidth(g.w, g.kw);
    long[] y = {g.n, g.o, outHeight, outWidth};
    int terms = (int) (w[1] * g.kh * g.kw);
    List<Function<Tensor[], Tensor[]>> layouts =
        List.of(Function.identity(), CpuProductsTest::channelsLast, CpuProductsTest::sliced);
    for (Function<Tensor[], Tensor[]> layout : layouts) {
      agree(op, terms, layout, x, w);
      agree(op, terms, layout, x, w, new long[] {g.o});
      agree(new Conv2d.InputGradient(op, g.h, g.w), terms, layout, y, w);
      agree(
          new Conv2d.WeightGradient(op, g.kh, g.kw),
          (int) (g.n * outHeight * outWidth),
          layout,
          x,
          y);
      // The transposed convolution takes y's channels to x's.
      ConvTranspose2d transposed = new ConvTranspose2d(op, new Window2d.Pair(0, 0));
      agree(transposed, terms, layout, y, w, new long[] {g.c});
    }
  }

  @Test
  void matrixProductsTakeOperandsInAnyLayout() {
    Op op = new org.hypergrad.engine.op.MatMul();
    Function<Tensor[], Tensor[]> same = Function.identity();
    agree(op, 7, same, new long[] {5, 7}, new long[] {7, 3});
    agree(
        op, 7, in -> new Tensor[] {in[0].transpose(), in[1]}, new long[] {7, 5}, new long[] {7, 3});
    agree(
        op, 7, in -> new Tensor[] {in[0], in[1].transpose()}, new long[] {5, 7}, new long[] {3, 7});
    agree(
        op,
        7,
        in -> new Tensor[] {in[0].transpose(), in[1].transpose()},
        new long[] {7, 5},
        new long[] {3, 7});
    agree(op, 7, CpuProductsTest::sliced, new long[] {5, 7}, new long[] {7, 3});
    agree(
        op,
        4,
        in -> new Tensor[] {in[0].slice(1, 1, 9, 2), in[1].slice(0, 2, 6).slice(1, 1, 3)},
        new long[] {5, 9},
        new long[] {8, 6});
    agree(op, 8, same, new long[] {5, 7}, new long[] {7, 3}, new long[] {5, 3});
    agree(
        op,
        8,
        in -> new Tensor[] {in[0], in[1], in[2].transpose()},
        new long[] {5, 7},
        new long[] {7, 3},
        new long[] {3, 5});
    agree(op, 8, CpuProductsTest::sliced, new long[] {5, 7}, new long[] {7, 3}, new long[] {3});
    agree(op, 4, same, new long[] {2, 3, 5, 4}, new long[] {3, 4, 6});
    agree(op, 4, same, new long[] {2, 1, 5, 4}, new long[] {3, 4, 6});
    agree(
        op,
        4,
        in -> new Tensor[] {in[0].broadcastTo(Shape.of(3, 5, 4)), in[1].permute(1, 2, 0)},
        new long[] {1, 5, 4},
        new long[] {6, 3, 4});
    agree(op, 1, same, new long[] {1, 1}, new long[] {1, 1});
    agree(op, 1, same, new long[] {4, 1}, new long[] {1, 5});
    agree(op, 9, same, new long[] {1, 9}, new long[] {9, 1});
    agree(
        op, 9, in -> new Tensor[] {in[0].transpose(), in[1]}, new long[] {9, 1}, new long[] {9, 1});
    agree(op, 0, same, new long[] {3, 0}, new long[] {0, 4});
    agree(op, 0, same, new long[] {0, 4}, new long[] {4, 4});
    agree(op, 300, same, new long[] {33, 300}, new long[] {300, 65});
  }

  @Test
  void nanAndInfinityPassThroughProducts() {
    Device.cpu()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Tensor a = Tensor.zeros(33, 40);
                      Tensor b = Tensor.ones(40, 17);
                      b.slice(0, 3, 4).slice(1, 5, 6).fill(Float.NaN);
                      float[] y = a.matmul(b).toFloats();
                      assertEquals(Float.NaN, y[5], "0 * NaN");
                      assertEquals(0, y[4]);
                      b.slice(0, 3, 4).slice(1, 5, 6).fill(Float.POSITIVE_INFINITY);
                      assertEquals(Float.NaN, a.matmul(b).toFloats()[5], "0 * infinity");
                      Tensor x = Tensor.zeros(1, 16, 6, 6);
                      Tensor w = Tensor.ones(16, 16, 3, 3);
                      x.select(0, 0).select(0, 2).select(0, 1).slice(0, 1, 2).fill(Float.NaN);
                      float[] z = Conv2d.of(Window2d.UNIT.withPadding(1)).apply(x, w).toFloats();
                      for (int i = 0; i < 36; i++) {
                        boolean near = i / 6 <= 2 && i % 6 <= 2;
                        assertEquals(near, Float.isNaN(z[i]), "pixel " + i);
                      }
                      w.fill(0);
                      x.fill(Float.POSITIVE_INFINITY);
                      assertEquals(
                          Float.NaN,
                          Conv2d.of(Window2d.UNIT).apply(x, w).toFloats()[0],
                          "infinity * 0");
                    }));
  }

  @Test
  void manyThreadsGetTheBitsOfOne() throws Exception {
    Device cpu = Device.cpu();
    Generator random = new Generator(3);
    Tensor x = cpu.call(() -> Scope.call(() -> random.normal(1, 4, 8, 12, 12)));
    Tensor w = cpu.call(() -> Scope.call(() -> random.normal(1, 16, 8, 3, 3)));
    Conv2d op = Conv2d.of(Window2d.UNIT.withPadding(1));
    float[] expected = cpu.call(() -> Scope.call(() -> op.apply(x, w).toFloats()));
    try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
      List<Future<?>> runs = new ArrayList<>();
      for (int t = 0; t < 16; t++) {
        runs.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    assertArrayEquals(
                        expected, cpu.call(() -> Scope.call(() -> op.apply(x, w).toFloats())), 0f);
                  }
                }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    } finally {
      x.close();
      w.close();
    }
  }
}
