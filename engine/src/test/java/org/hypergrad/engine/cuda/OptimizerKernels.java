package org.hypergrad.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.hypergrad.engine.DType;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;
import org.hypergrad.kernels.LaunchShape;

/** Cases of the family optimizer: each rule against its formula in double. */
final class OptimizerKernels {
  private static final int STATES = 3;
  private static final int FACTORS = 3;
  private static final int UPDATE_BYTES = 8 * (2 + STATES + 1) + 4 * (1 + FACTORS);

  /** Elements of the tensors; the grid has fewer rows than there are tensors, and fewer threads. */
  private static final int[] COUNTS = {9001, 0, 1, 67, 68};

  private static final LaunchShape GRID = new LaunchShape(2, 2, 1, Gpu.THREADS, 1, 1, 0);
  private static final double RATE = 0.125;

  /** A rule for one element: theta and its states change. */
  private interface Rule {
    double theta(double theta, double gradient, double[] state);
  }

  private OptimizerKernels() {}

  static List<KernelCase> cases() {
    return List.of(
        KernelCase.of("optimizer_sgd_f32", OptimizerKernels::sgd),
        KernelCase.of("optimizer_adam_f32", OptimizerKernels::adam),
        KernelCase.of("optimizer_rmsprop_f32", OptimizerKernels::rmsprop),
        KernelCase.of("optimizer_adagrad_f32", OptimizerKernels::adagrad),
        new KernelCase(
            Set.of("optimizer_squares_f32", "optimizer_norms_f32"), OptimizerKernels::norms));
  }

  /** Tensors on the device with their table, and the same numbers on the host. */
  private static final class Table {
    final Gpu gpu;
    final int states;
    final double[] factors;
    final List<float[]> theta = new ArrayList<>();
    final List<float[]> gradient = new ArrayList<>();
    final List<float[][]> state = new ArrayList<>();
    final List<DeviceMemory> blocks = new ArrayList<>();
    final DeviceMemory table;
    private final int shift;

    /**
     * @param states how many states each element has, all positive
     * @param shift elements by which theta lies off its block's start, so that it is not aligned
     */
    Table(Gpu gpu, int states, int shift, double... factors) {
      this.gpu = gpu;
      this.states = states;
      this.shift = shift;
      this.factors = factors;
      SplittableRandom random = new SplittableRandom(5);
      MemorySegment rows = Arena.ofAuto().allocate((long) UPDATE_BYTES * COUNTS.length, Long.BYTES);
      for (int t = 0; t < COUNTS.length; t++) {
        theta.add(floats(random, COUNTS[t] + shift, -2));
        gradient.add(floats(random, COUNTS[t], -2));
        state.add(new float[states][]);
        MemorySegment row = rows.asSlice((long) t * UPDATE_BYTES, UPDATE_BYTES);
        row.set(ValueLayout.JAVA_LONG, 0, upload(theta.get(t)) + 4L * shift);
        row.set(ValueLayout.JAVA_LONG, 8, upload(gradient.get(t)));
        for (int s = 0; s < states; s++) {
          state.get(t)[s] = floats(random, COUNTS[t], 1);
          // A mean of gradients is less than the root of the mean of their squares.
          for (int i = 0; s > 0 && i < COUNTS[t]; i++) {
            state.get(t)[s][i] /= 4;
          }
          row.set(ValueLayout.JAVA_LONG, 16 + 8L * s, upload(state.get(t)[s]));
        }
        row.set(ValueLayout.JAVA_LONG, 16 + 8L * STATES, COUNTS[t]);
        row.set(ValueLayout.JAVA_FLOAT, 24 + 8L * STATES, (float) RATE);
        for (int f = 0; f < factors.length; f++) {
          row.set(ValueLayout.JAVA_FLOAT, 28 + 8L * STATES + 4L * f, (float) factors[f]);
        }
      }
      table = gpu.upload(rows);
    }

    private static float[] floats(SplittableRandom random, int count, double low) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) random.nextDouble(low, 2);
      }
      return values;
    }

    private long upload(float[] values) {
      DeviceMemory block = gpu.upload(MemorySegment.ofArray(values));
      blocks.add(block);
      return block.address();
    }

    Launch launch(String kernel) {
      return gpu.launch(kernel, GRID).pointer(table).int32(COUNTS.length);
    }

    /** Compares thetas and states after a launch with what a rule makes of the old ones. */
    void check(String what, Rule rule) {
      int block = 0;
      for (int t = 0; t < COUNTS.length; t++) {
        double[] newTheta = gpu.download(blocks.get(block), DType.FLOAT32);
        block += 2;
        double[] expectedTheta = new double[newTheta.length];
        double[][] expectedState = new double[states][COUNTS[t]];
        for (int i = 0; i < shift; i++) {
          expectedTheta[i] = theta.get(t)[i];
        }
        for (int i = 0; i < COUNTS[t]; i++) {
          double[] own = new double[STATES];
          for (int s = 0; s < states; s++) {
            own[s] = state.get(t)[s][i];
          }
          expectedTheta[shift + i] = rule.theta(theta.get(t)[shift + i], gradient.get(t)[i], own);
          for (int s = 0; s < states; s++) {
            expectedState[s][i] = own[s];
          }
        }
        Gpu.assertClose(what + ", theta of tensor " + t, expectedTheta, newTheta);
        for (int s = 0; s < states; s++) {
          double[] newState = gpu.download(blocks.get(block++), DType.FLOAT32);
          Gpu.assertClose(what + ", state " + s + " of tensor " + t, expectedState[s], newState);
        }
      }
    }
  }

  private static void run(
      Gpu gpu,
      String kernel,
      int states,
      double[] factors,
      UnaryOperator<Launch> scalars,
      Rule rule) {
    for (int shift = 0; shift < 2; shift++) {
      Table table = new Table(gpu, states, shift, factors);
      scalars.apply(table.launch(kernel)).run();
      table.check(kernel + " with " + states + " states", rule);
    }
  }

  private static void sgd(Gpu gpu) {
    double decay = 0.25;
    double momentum = 0.75;
    for (int nesterov = 0; nesterov < 2; nesterov++) {
      boolean ahead = nesterov == 1;
      UnaryOperator<Launch> scalars = l -> l.float32(0.75f).float32(0.25f).int32(ahead ? 1 : 0);
      double damped = 0.5;
      run(
          gpu,
          "optimizer_sgd_f32",
          1,
          new double[] {damped},
          scalars,
          (theta, gradient, state) -> {
            double g = gradient + decay * theta;
            state[0] = momentum * state[0] + damped * g;
            return theta - RATE * (ahead ? g + momentum * state[0] : state[0]);
          });
    }
    run(
        gpu,
        "optimizer_sgd_f32",
        0,
        new double[] {1},
        l -> l.float32(0).float32(0).int32(0),
        (theta, gradient, state) -> theta - RATE * gradient);
  }

  private static void adam(Gpu gpu) {
    double beta1 = 0.875;
    double beta2 = 0.96875;
    double[] factors = {1 / (1 - beta1 * beta1), 1 / (1 - beta2 * beta2), 0.9375};
    double epsilon = 1.0 / 1024;
    double decay = 0.5;
    run(
        gpu,
        "optimizer_adam_f32",
        2,
        factors,
        l ->
            l.float32((float) beta1)
                .float32((float) (1 - beta1))
                .float32((float) beta2)
                .float32((float) (1 - beta2))
                .float32((float) epsilon)
                .float32((float) decay),
        (theta, gradient, state) -> {
          double g = gradient + decay * theta;
          state[0] = beta1 * state[0] + (1 - beta1) * g;
          state[1] = beta2 * state[1] + (1 - beta2) * g * g;
          double direction = factors[0] * state[0] / (Math.sqrt(factors[1] * state[1]) + epsilon);
          return factors[2] * theta - RATE * direction;
        });
  }

  private static void rmsprop(Gpu gpu) {
    double alpha = 0.875;
    double epsilon = 1.0 / 1024;
    double momentum = 0.5;
    for (int states : new int[] {1, 3}) {
      boolean all = states == 3;
      run(
          gpu,
          "optimizer_rmsprop_f32",
          states,
          new double[] {},
          l ->
              l.float32((float) alpha)
                  .float32((float) (1 - alpha))
                  .float32((float) epsilon)
                  .float32((float) momentum)
                  .float32(0.25f),
          (theta, gradient, state) -> {
            double g = gradient + 0.25 * theta;
            state[0] = alpha * state[0] + (1 - alpha) * g * g;
            double spread = state[0];
            if (all) {
              state[1] = alpha * state[1] + (1 - alpha) * g;
              spread -= state[1] * state[1];
            }
            double direction = g / (Math.sqrt(spread) + epsilon);
            if (all) {
              state[2] = momentum * state[2] + direction;
              direction = state[2];
            }
            return theta - RATE * direction;
          });
    }
  }

  private static void adagrad(Gpu gpu) {
    double epsilon = 1.0 / 1024;
    double slower = 0.75;
    run(
        gpu,
        "optimizer_adagrad_f32",
        1,
        new double[] {slower},
        l -> l.float32((float) epsilon).float32(0.25f),
        (theta, gradient, state) -> {
          double g = gradient + 0.25 * theta;
          state[0] += g * g;
          return theta - RATE * (slower * g / (Math.sqrt(state[0]) + epsilon));
        });
  }

  /** The sums of squares in parts, then a norm for each tensor. */
  private static void norms(Gpu gpu) {
    for (int shift = 0; shift < 2; shift++) {
      Table table = new Table(gpu, 0, shift);
      double[] expected =
          table.gradient.stream()
              .mapToDouble(
                  g -> {
                    double sum = 0;
                    for (float v : g) {
                      sum += (double) v * v;
                    }
                    return Math.sqrt(sum);
                  })
              .toArray();
      DeviceMemory partial = gpu.block((long) COUNTS.length * GRID.gridX() * Double.BYTES);
      Launch sums = gpu.launch("optimizer_squares_f32", GRID).pointer(partial);
      sums.pointer(table.table).int32(COUNTS.length).run();
      // Fewer blocks than tensors.
      DeviceMemory norms = gpu.block((long) COUNTS.length * Float.BYTES);
      Launch roots = gpu.launch("optimizer_norms_f32", 2).pointer(norms).pointer(partial);
      roots.int32(COUNTS.length).int32(GRID.gridX()).run();
      Gpu.assertClose("norms", expected, gpu.download(norms, DType.FLOAT32));
    }
    DeviceMemory partial =
        gpu.upload(
            MemorySegment.ofArray(
                new double[] {9, 16, 1, Double.NaN, 1, Double.POSITIVE_INFINITY, 1e60, 0}));
    DeviceMemory norms = gpu.block(4 * Float.BYTES);
    gpu.launch("optimizer_norms_f32", 1).pointer(norms).pointer(partial).int32(4).int32(2).run();
    assertArrayEquals(
        new double[] {5, Double.NaN, Double.POSITIVE_INFINITY, (float) 1e30},
        gpu.download(norms, DType.FLOAT32));
  }
}
