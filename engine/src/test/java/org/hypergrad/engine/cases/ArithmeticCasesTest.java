package org.hypergrad.engine.cases;

import static org.hypergrad.engine.cases.Target.differentiate;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.EngineException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The known values of products, reductions and shapes; a test is named after its case's id. */
class ArithmeticCasesTest {
  @ParameterizedTest
  @EnumSource
  void linearZeroBatch(Target on) {
    on.run(
        () -> {
          Known known = Known.of("linear-zero-batch");
          Tensor[] r =
              differentiate(
                  in -> on.full(0, 0, 5).matmul(in[0].transpose()).sum(),
                  on.full(1),
                  on.counting(1, 4, 5));
          assertArrayEquals(known.numbers("dW_shape"), extents(r[1]));
          assertArrayEquals(new double[20], r[1].toDoubles());
          Tensor y = on.full(0, 0, 5).matmul(on.full(1, 5, 4));
          assertArrayEquals(known.numbers("out_shape"), extents(y));
        });
  }

  private static double[] extents(Tensor x) {
    return Arrays.stream(x.shape().toArray()).asDoubleStream().toArray();
  }

  @ParameterizedTest
  @EnumSource
  void meanFloat32Saturation(Target on) {
    on.run(
        () -> {
          Tensor mean = on.full(1, 20_000_000).mean();
          Known.of("mean-float32-saturation").check(on, "right", mean);
        });
  }

  @ParameterizedTest
  @EnumSource
  void normGradZero(Target on) {
    on.run(
        () -> {
          Tensor[] r = differentiate(in -> in[0].norm(), on.full(1), on.full(0, 2));
          Known.of("norm-grad-zero").check(on, "grad", r[1]);
        });
  }

  @ParameterizedTest
  @EnumSource
  void shapeEmptyRank0(Target on) {
    on.run(
        () -> {
          Known known = Known.of("shape-empty-rank0");
          assertEquals(known.value().get("scalar").asLong(), Shape.SCALAR.count());
          assertEquals(known.value().get("e0").asLong(), on.full(1, 0).count());
          assertEquals(known.value().get("e02").asLong(), on.full(1, 0, 2).count());
          assertEquals(known.value().get("e203").asLong(), on.full(1, 2, 0, 3).count());
          known.check(on, "sum_of_empty", on.full(1, 0).sum());
          assertThrows(EngineException.class, () -> on.full(1, 0).max());
        });
  }

  @ParameterizedTest
  @EnumSource
  void gemmRowMajor(Target on) {
    on.run(
        () -> {
          Known known = Known.of("gemm-row-major");
          Tensor a = on.counting(1, 2, 3);
          Tensor b = on.counting(7, 3, 2);
          known.check(on, "AB", a.matmul(b));
          known.check(on, "AtBt", a.transpose().matmul(b.transpose()));
        });
  }

  @ParameterizedTest
  @EnumSource
  void gemmViewOutput(Target on) {
    on.run(
        () -> {
          Tensor out = on.full(-1, 1, 3, 2).permute(2, 1, 0);
          Tensor z = out.select(0, 0);
          Tensor a = on.counting(1, 3, 2);
          z.assign(a.matmul(on.tensor(new double[] {1, 10}, 2, 1)));
          Known.of("gemm-view-output").check(on, "z", z);
          assertArrayEquals(new double[] {-1, -1, -1}, out.select(0, 1).toDoubles());
        });
  }

  @ParameterizedTest
  @EnumSource
  void oddStridesEqual(Target on) {
    on.run(
        () -> {
          Known known = Known.of("odd-strides-equal");
          Tensor x = on.counting(0, 2, 2, 4, 4);
          Tensor odd = x.transpose(0, 1).copy().transpose(0, 1);
          assertArrayEquals(
              known.numbers("strides_elems"),
              Arrays.stream(odd.strides()).asDoubleStream().toArray());
          for (Tensor each : new Tensor[] {x, odd}) {
            known.check(on, "sum_axis1_first4", each.sum(1).reshape(-1).slice(0, 0, 4));
            known.check(on, "max_axis3_first4", each.max(3).reshape(-1).slice(0, 0, 4));
          }
        });
  }
}
