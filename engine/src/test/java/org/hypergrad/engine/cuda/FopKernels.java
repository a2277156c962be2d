package org.hypergrad.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;
import org.hypergrad.kernels.LaunchShape;

/** Cases of the family fop: the three launches of a step, against its formulas in double. */
final class FopKernels {
  /** Grids have fewer rows and blocks than there are tensors and chunks of rows. */
  private static final LaunchShape GRID = new LaunchShape(2, 2, 1, Gpu.THREADS, 1, 1, 0);

  private static final int PARTS = 2;
  private static final float PULL = 0.125f;
  private static final float DECAY = 0.25f;
  private static final Descend.Part NUMBERS = new Descend.Part(0.125, 1.25, 1.5, 0.75);

  /** Rows of a tensor, and how many numbers they have. */
  private record Size(int rows, int k) {}

  private static final List<Size> SIZES =
      List.of(new Size(1201, 9), new Size(301, 2), new Size(60, 49), new Size(90, 12));

  private FopKernels() {}

  static List<KernelCase> cases() {
    DescentRule adam = new DescentRule.Adam(0.875, 0.96875, 1.0 / 1024, 0);
    UnaryOperator<Launch> adams =
        l -> floats(l, 0.875f, 0.125f, 0.96875f, 0.03125f, 1.0f / 1024, 0);
    // A small epsilon would show every rounding where the spread is almost 0.
    DescentRule spread = new DescentRule.RmsProp(0.875, 1, 0.5, true, 0);
    return List.of(
        of("sgd", new DescentRule.Sgd(0.75, true, 0), l -> floats(l, 0.75f, 0).int32(1)),
        of("adam", adam, adams),
        of("rmsprop", spread, l -> floats(l, 0.875f, 0.125f, 1, 0.5f, 0)),
        of("adagrad", new DescentRule.Adagrad(1.0 / 1024, 0), l -> floats(l, 1.0f / 1024, 0)));
  }

  private static Launch floats(Launch launch, float... values) {
    for (float value : values) {
      launch.float32(value);
    }
    return launch;
  }

  private static KernelCase of(String name, DescentRule rule, UnaryOperator<Launch> numbers) {
    String step = "fop_" + name + "_f32";
    String move = "fop_factor_" + name + "_f32";
    return new KernelCase(
        Set.of("fop_products_f32", move, step),
        gpu -> {
          for (boolean factorFirst : new boolean[] {false, true}) {
            for (float decay : new float[] {0, DECAY}) {
              Table table = new Table(gpu, rule, factorFirst, decay);
              table.launch("fop_products_f32", GRID).float32(decay).run();
              LaunchShape line = LaunchShape.line(2, Gpu.THREADS);
              numbers.apply(table.launch(move, line).int32(factorFirst ? 1 : 0)).run();
              numbers.apply(table.launch(step, GRID).float32(decay)).run();
              table.check();
            }
          }
        });
  }

  /** Numbers on the host with their block on the device. */
  private record Numbers(double[] values, DeviceMemory block) {}

  /** One tensor: theta, gradient, g', M, and the states of theta and M. */
  private static final class Tensors {
    final Size size;
    final boolean learns;
    final boolean runsAway;
    final Numbers theta;
    final Numbers gradient;
    final Numbers previous;
    final Numbers factor;
    final Numbers[] states = new Numbers[DescentRule.STATES];
    final Numbers[] factorStates = new Numbers[DescentRule.STATES];
    final DeviceMemory scratch;
    final DeviceMemory partial;
    final DeviceMemory refused;

    Tensors(Gpu gpu, SplittableRandom random, DescentRule rule, Size size, int index) {
      this.size = size;
      learns = index != 1;
      runsAway = index == 3;
      int count = size.rows * size.k;
      int square = size.k * size.k;
      theta = numbers(gpu, random, count, -2);
      gradient = numbers(gpu, random, count, -2);
      if (runsAway) {
        gpu.set(gradient.block, count / 2, Float.POSITIVE_INFINITY);
      }
      previous = numbers(gpu, random, count, -2);
      factor = numbers(gpu, random, square, -1);
      for (int s = 0; s < states.length; s++) {
        if (rule.has(s)) {
          // A mean of gradients is less than the root of the mean of their squares.
          states[s] = numbers(gpu, random, count, s == 1 ? 0 : 1);
          factorStates[s] = numbers(gpu, random, square, s == 1 ? 0 : 1);
        }
      }
      scratch = gpu.block(3L * square * Float.BYTES);
      partial = gpu.block((long) PARTS * (square + 1) * Double.BYTES);
      refused = gpu.block(Integer.BYTES);
    }

    private static Numbers numbers(Gpu gpu, SplittableRandom random, int count, double low) {
      float[] floats = new float[count];
      double[] values = new double[count];
      double high = low == 0 ? 0.5 : low == -1 ? 1 : 2;
      for (int i = 0; i < count; i++) {
        floats[i] = (float) random.nextDouble(low, high);
        values[i] = floats[i];
      }
      return new Numbers(values, gpu.upload(MemorySegment.ofArray(floats)));
    }

    void addTo(ByteBuffer rows) {
      update(rows, theta, gradient.block.address(), states);
      rows.putLong(previous.block.address());
      update(rows, factor, scratch.address(), factorStates);
      int matrix = size.k * size.k * Float.BYTES;
      rows.putLong(scratch.address() + matrix).putLong(scratch.address() + 2L * matrix);
      rows.putLong(partial.address()).putLong(refused.address());
      rows.putInt(size.k).putInt(learns ? 1 : 0).putInt(PARTS).putFloat(PULL);
    }

    private static void update(ByteBuffer rows, Numbers theta, long gradient, Numbers[] states) {
      rows.putLong(theta.block.address()).putLong(gradient);
      for (Numbers state : states) {
        rows.putLong(state == null ? 0 : state.block.address());
      }
      rows.putLong(theta.values.length).putFloat((float) NUMBERS.rate());
      rows.putFloat((float) NUMBERS.a()).putFloat((float) NUMBERS.b());
      rows.putFloat((float) NUMBERS.c());
    }
  }

  private static final class Table {
    private final Gpu gpu;
    private final DescentRule rule;
    private final boolean factorFirst;
    private final float decay;
    private final List<Tensors> all = new ArrayList<>();
    private final DeviceMemory table;

    Table(Gpu gpu, DescentRule rule, boolean factorFirst, float decay) {
      this.gpu = gpu;
      this.rule = rule;
      this.factorFirst = factorFirst;
      this.decay = decay;
      SplittableRandom random = new SplittableRandom(7);
      ByteBuffer rows = ByteBuffer.allocate(184 * SIZES.size()).order(ByteOrder.nativeOrder());
      for (int i = 0; i < SIZES.size(); i++) {
        all.add(new Tensors(gpu, random, rule, SIZES.get(i), i));
        all.get(i).addTo(rows);
      }
      assertEquals(0, rows.remaining());
      table = gpu.upload(MemorySegment.ofArray(rows.array()));
    }

    Launch launch(String kernel, LaunchShape shape) {
      return gpu.launch(kernel, shape).pointer(table).int32(all.size());
    }

    void check() {
      for (Tensors t : all) {
        assertEquals(t.runsAway ? 1 : 0, gpu.download(t.refused, DType.INT32)[0]);
        if (!t.runsAway) {
          expect(t);
        }
        same("theta", t.theta);
        same("previous", t.previous);
        same("M", t.factor);
        for (int s = 0; s < DescentRule.STATES; s++) {
          if (rule.has(s)) {
            same("state " + s, t.states[s]);
            same("state of M " + s, t.factorStates[s]);
          }
        }
      }
    }

    private void same(String what, Numbers numbers) {
      double[] actual = gpu.download(numbers.block, DType.FLOAT32);
      double size = 1;
      for (double value : numbers.values) {
        size = Math.max(size, Math.abs(value));
      }
      double[] expected = numbers.values.clone();
      for (int i = 0; i < expected.length; i++) {
        expected[i] /= size;
        actual[i] /= size;
      }
      Gpu.assertClose(what + " by " + rule, expected, actual);
    }

    /** Makes the numbers of the host what they should be after the step. */
    private void expect(Tensors t) {
      int k = t.size.k;
      double[] g = t.gradient.values.clone();
      for (int i = 0; i < g.length; i++) {
        g[i] += decay * t.theta.values[i];
      }
      double[] before = t.factor.values.clone();
      if (t.learns) {
        double[] h = hypergradient(g, t.previous.values, before, k);
        step(t.factor.values, h, t.factorStates);
      }
      double[] m = factorFirst ? t.factor.values : before;
      double[] mapped = new double[g.length];
      for (int i = 0; i < g.length; i++) {
        for (int b = 0; b < k; b++) {
          double p = 0;
          for (int c = 0; c < k; c++) {
            p += m[i % k * k + c] * m[b * k + c];
          }
          mapped[i] += p * g[i / k * k + b];
        }
      }
      if (decay != 0) {
        System.arraycopy(g, 0, t.previous.values, 0, g.length);
      }
      step(t.theta.values, mapped, t.states);
    }

    private static double[] hypergradient(double[] g, double[] p, double[] m, int k) {
      double[] h = new double[k * k];
      for (int row = 0; row < g.length; row += k) {
        for (int column = 0; column < k; column++) {
          double gm = 0;
          double pm = 0;
          for (int b = 0; b < k; b++) {
            gm += g[row + b] * m[b * k + column];
            pm += p[row + b] * m[b * k + column];
          }
          for (int a = 0; a < k; a++) {
            h[a * k + column] -= PULL * (g[row + a] * pm + p[row + a] * gm);
          }
        }
      }
      return h;
    }

    private void step(double[] theta, double[] gradient, Numbers[] states) {
      double[] own = new double[DescentRule.STATES];
      for (int i = 0; i < theta.length; i++) {
        for (int s = 0; s < own.length; s++) {
          own[s] = states[s] == null ? 0 : states[s].values[i];
        }
        theta[i] = rule.next(theta[i], gradient[i], own, NUMBERS);
        for (int s = 0; s < own.length; s++) {
          if (states[s] != null) {
            states[s].values[i] = own[s];
          }
        }
      }
    }
  }
}
