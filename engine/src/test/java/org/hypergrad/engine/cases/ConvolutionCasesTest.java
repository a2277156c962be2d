package org.hypergrad.engine.cases;

import static org.hypergrad.engine.cases.Target.assertNear;
import static org.hypergrad.engine.cases.Target.differentiate;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.ConvTranspose2d;
import org.hypergrad.engine.op.Window2d;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The known values of convolutions; a test is named after the id of its case. */
class ConvolutionCasesTest {
  private static final Conv2d PLAIN = Conv2d.of(Window2d.UNIT);

  @ParameterizedTest
  @EnumSource
  void convGroups1x1(Target on) {
    on.run(
        () -> {
          Tensor x = on.tensor(new double[] {0, 0, 0, 1}, 1, 4, 1, 1);
          Tensor y = new Conv2d(Window2d.UNIT, 2).apply(x, on.full(1, 16, 2, 1, 1));
          Known.of("conv-groups-1x1").check(on, y);
        });
  }

  @ParameterizedTest
  @EnumSource
  void convGroupsWgrad(Target on) {
    on.run(
        () -> {
          Tensor[] r =
              differentiate(
                  in -> new Conv2d(Window2d.UNIT, 2).apply(in[0], in[1]),
                  on.counting(1, 1, 2, 2, 2),
                  on.counting(1, 1, 4, 3, 3),
                  on.full(1, 2, 2, 2, 2));
          Known known = Known.of("conv-groups-wgrad");
          known.check(on, "y", r[0]);
          known.check(on, "dX", r[1]);
          known.check(on, "dW", r[2]);
        });
  }

  @ParameterizedTest
  @EnumSource
  void convSameEvenKernel(Target on) {
    on.run(
        () -> {
          Conv2d same = Conv2d.of(Window2d.UNIT.same(1, 2));
          Tensor y = same.apply(on.counting(1, 1, 1, 1, 5), on.full(1, 1, 1, 1, 2));
          Known.of("conv-same-even-kernel").check(on, y);
        });
  }

  @ParameterizedTest
  @EnumSource
  void convStrideGtKernel(Target on) {
    on.run(
        () -> {
          Tensor[] r =
              differentiate(
                  in -> Conv2d.of(Window2d.UNIT.withStride(3)).apply(in[0], in[1]),
                  on.full(1, 1, 1, 2, 2),
                  on.counting(0, 1, 1, 5, 5),
                  on.full(1, 1, 1, 2, 2));
          Known known = Known.of("conv-stride-gt-kernel");
          known.check(on, "y", r[0]);
          known.check(on, "dX", r[1]);
          known.check(on, "dW", r[2]);
        });
  }

  @ParameterizedTest
  @EnumSource
  void convTStride2Dx(Target on) {
    on.run(
        () -> {
          Window2d stride =
              new Window2d(new Window2d.Pair(1, 2), Window2d.Padding.NONE, new Window2d.Pair(1, 1));
          Tensor[] r =
              differentiate(
                  in -> ConvTranspose2d.of(stride).apply(in[0], in[1]),
                  on.tensor(new double[] {1.5, 0, 0.7}, 1, 1, 1, 3),
                  on.tensor(new double[] {-2, -0.25}, 1, 1, 1, 2),
                  on.full(-0.5, 1, 1, 1, 1));
          Known known = Known.of("convT-stride2-dx");
          known.check(on, "y", r[0]);
          known.check(on, "dX", r[1]);
        });
  }

  private static ConvTranspose2d transposed(long dilation, long outputPadding) {
    Window2d window = Window2d.UNIT.withStride(2).withPadding(1).withDilation(dilation);
    return new ConvTranspose2d(Conv2d.of(window), Window2d.Pair.of(outputPadding));
  }

  @ParameterizedTest
  @EnumSource
  void convTOutputPadding(Target on) {
    on.run(
        () -> {
          Tensor y = transposed(1, 1).apply(on.full(1, 1, 1, 1, 1), on.counting(1, 1, 1, 3, 3));
          Known.of("convT-output-padding").check(on, y);
        });
  }

  @ParameterizedTest
  @EnumSource
  void convTOutSize(Target on) {
    on.run(
        () -> {
          Known known = Known.of("convT-out-size");
          assertArrayEquals(known.numbers("a"), extents(on, 16, 1));
          assertArrayEquals(known.numbers("b"), extents(on, 3, 2));
        });
  }

  private static double[] extents(Target on, long in, long dilation) {
    Tensor x = on.full(1, 1, 1, in, in);
    Tensor w = on.full(1, 1, 1, 3, 3);
    return new double[] {
      transposed(dilation, 0).apply(x, w).extent(2), transposed(dilation, 1).apply(x, w).extent(3)
    };
  }

  @ParameterizedTest
  @EnumSource
  void convZeroKernelDim(Target on) {
    on.run(
        () -> {
          Tensor x = on.full(1, 1, 1, 5, 5);
          Tensor w = on.full(1, 1, 1, 3, 3);
          assertThrows(ArgumentException.class, () -> PLAIN.apply(x, on.full(1, 1, 1, 3, 0)));
          for (Window2d bad :
              new Window2d[] {
                Window2d.UNIT.withStride(0),
                Window2d.UNIT.withPadding(-1),
                Window2d.UNIT.withDilation(0)
              }) {
            assertThrows(ArgumentException.class, () -> Conv2d.of(bad).apply(x, w));
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void convWidth1(Target on) {
    on.run(
        () -> {
          Tensor[] r =
              differentiate(
                  in -> PLAIN.apply(in[0], in[1]),
                  on.full(1, 1, 3, 6, 1),
                  on.counting(1, 1, 2, 7, 1),
                  on.full(1, 3, 2, 2, 1));
          Known known = Known.of("conv-width1");
          known.check(on, "dX", r[1]);
          // The three kernels are alike, and so are their outputs and gradients.
          for (int o = 0; o < 3; o++) {
            known.check(on, "y0", r[0].select(1, o));
            known.check(on, "dW", r[2].select(0, o));
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void convBatchIndependence(Target on) {
    on.run(
        () -> {
          Known known = Known.of("conv-batch-independence");
          Tensor x = on.counting(1, 2, 2, 4, 4);
          double[] sevenths = new double[18];
          Arrays.fill(sevenths, 1 / 7.0);
          Tensor w = on.tensor(sevenths, 1, 2, 3, 3);
          Tensor both = PLAIN.apply(x, w);
          known.check(on, "y", both);
          double tolerance = known.value().get("float32_rel_tol").asDouble();
          for (int n = 0; n < 2; n++) {
            Tensor alone = PLAIN.apply(x.slice(0, n, n + 1), w);
            assertNear("batch of 1", both.select(0, n).toDoubles(), alone, tolerance);
          }
        });
  }
}
