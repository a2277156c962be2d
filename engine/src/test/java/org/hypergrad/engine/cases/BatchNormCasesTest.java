package org.hypergrad.engine.cases;

import static org.hypergrad.engine.cases.Target.assertNear;
import static org.hypergrad.engine.cases.Target.differentiate;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.op.BatchNorm;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The known values of batch normalisation; a test is named after the id of its case. */
class BatchNormCasesTest {
  private static final double EPSILON = 1e-5;

  /** Scale 1 and shift 0; running mean 0 and variance 1 to start with. */
  private static final class Layer {
    private final Target on;
    private final Tensor scale;
    private final Tensor shift;
    private final Tensor mean;
    private final Tensor variance;

    Layer(Target on, long channels) {
      this(on, on.full(0, channels), on.full(1, channels));
    }

    Layer(Target on, Tensor mean, Tensor variance) {
      this.on = on;
      this.scale = on.full(1, mean.extent(0));
      this.shift = on.full(0, mean.extent(0));
      this.mean = mean;
      this.variance = variance;
    }

    Tensor apply(Tensor x, double momentum, boolean training) {
      return new BatchNorm(EPSILON, momentum, training).apply(x, scale, shift, mean, variance);
    }

    Tensor train(double... values) {
      return apply(on.tensor(values, values.length, 1), 0.1, true);
    }
  }

  @ParameterizedTest
  @EnumSource
  void bnRunningVarUnbiased(Target on) {
    on.run(
        () -> {
          Tensor x = on.tensor(new double[] {2, 15, 2, 1, 2, 17, 2, 1, -4, -2, -2, -1}, 3, 4);
          Layer layer = new Layer(on, 4);
          Tensor y = layer.apply(x, 1, true);
          Known known = Known.of("bn-running-var-unbiased");
          known.check(on, "running_mean", layer.mean);
          known.check(on, "running_var", layer.variance);
          known.check(on, "y", y);
          known.check(on, "biased_var_used_for_output", x.variance(0, 0));
        });
  }

  @ParameterizedTest
  @EnumSource
  void bnOneValue(Target on) {
    on.run(
        () -> {
          Layer layer = new Layer(on, 2);
          Tensor one = on.full(3, 1, 2);
          assertThrows(ShapeException.class, () -> layer.apply(one, 0.1, true));
          assertNear("untouched mean", new double[] {0, 0}, layer.mean, 0);
          assertNear("untouched variance", new double[] {1, 1}, layer.variance, 0);
          double y = 3 / Math.sqrt(1 + EPSILON);
          assertNear("evaluated", new double[] {y, y}, layer.apply(one, 0.1, false), 1e-6);
          // Values 0..3 and 4..7: means 1.5 and 5.5, unbiased variance 5/3 of both.
          layer.apply(on.counting(0, 1, 2, 2, 2), 1, true);
          assertNear("mean", new double[] {1.5, 5.5}, layer.mean, 1e-6);
          assertNear("variance", new double[] {5 / 3.0, 5 / 3.0}, layer.variance, 1e-6);
        });
  }

  @ParameterizedTest
  @EnumSource
  void bnConstantChannel(Target on) {
    on.run(
        () -> {
          Layer layer = new Layer(on, 1);
          Tensor[] r =
              differentiate(
                  in -> layer.apply(in[0], 0.1, true),
                  on.tensor(new double[] {1, -1, 2, 0}, 4, 1),
                  on.full(7, 4, 1));
          Known known = Known.of("bn-constant-channel");
          known.check(on, "y", r[0]);
          known.check(on, "dX", r[1]);
          known.check(on, "running_var", layer.variance);
        });
  }

  @ParameterizedTest
  @EnumSource
  void bnTwoBatchesThenEval(Target on) {
    on.run(
        () -> {
          Layer layer = new Layer(on, 1);
          layer.train(1, 3);
          layer.train(5, 9);
          Known known = Known.of("bn-two-batches-then-eval");
          known.check(on, "running_mean", layer.mean);
          known.check(on, "running_var", layer.variance);
          known.check(on, "y_eval", layer.apply(on.full(3, 1, 1), 0.1, false));
        });
  }

  @ParameterizedTest
  @EnumSource
  void bnRunningBufferView(Target on) {
    on.run(
        () -> {
          Tensor means = on.full(0, 4);
          Tensor variances = on.full(1, 4);
          Layer layer = new Layer(on, means.slice(0, 0, 4, 2), variances.slice(0, 1, 4, 2));
          layer.apply(on.tensor(new double[] {1, 4, 3, 8}, 2, 2), 1, true);
          assertNear("means", new double[] {2, 0, 6, 0}, means, 1e-6);
          assertNear("variances", new double[] {1, 2, 1, 8}, variances, 1e-6);
        });
  }
}
