package org.hypergrad.engine.cases;

import static org.hypergrad.engine.cases.Target.differentiate;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.op.AdaptiveAvgPool2d;
import org.hypergrad.engine.op.AvgPool2d;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Window2d;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The known values of pooling; a test is named after the id of its case. */
class PoolingCasesTest {
  @ParameterizedTest
  @EnumSource
  void maxpoolCeilDropLast(Target on) {
    on.run(
        () -> {
          Known known = Known.of("maxpool-ceil-drop-last");
          Window2d window =
              new Window2d(
                  new Window2d.Pair(1, 2), new Window2d.Padding(0, 0, 1, 1), Window2d.Pair.ONE);
          Pool2d pool = new Pool2d(new Window2d.Pair(1, 2), window, true);
          Tensor y = new MaxPool2d(pool).apply(on.counting(1, 1, 1, 1, 5));
          assertEquals(known.value().get("out_len").asLong(), y.count());
          known.check(on, "y", y);
        });
  }

  @ParameterizedTest
  @EnumSource
  void avgpool2dCeilOverhang(Target on) {
    on.run(
        () -> {
          AvgPool2d pool = new AvgPool2d(Pool2d.of(2, 3, 0).withCeil(), true);
          Tensor y = pool.apply(on.counting(0, 1, 1, 7, 7));
          Known.of("avgpool2d-ceil-overhang").check(on, y);
        });
  }

  @ParameterizedTest
  @EnumSource
  void maxpoolNan(Target on) {
    on.run(
        () -> {
          Tensor x = on.tensor(new double[] {1, Double.NaN, 5, 6}, 1, 1, 2, 2);
          Tensor[] out = Dispatch.run(new MaxPool2d(Pool2d.of(2)), x);
          Known known = Known.of("maxpool-nan");
          known.check(on, "y", out[0]);
          known.check(on, "idx", out[1]);
        });
  }

  @ParameterizedTest
  @EnumSource
  void maxpoolOverlapGrad(Target on) {
    on.run(
        () -> {
          Tensor[] r =
              differentiate(
                  in -> new MaxPool2d(Pool2d.of(2, 1, 0)).apply(in[0]),
                  on.full(1, 1, 1, 2, 2),
                  on.counting(0, 1, 1, 3, 3));
          Known known = Known.of("maxpool-overlap-grad");
          known.check(on, "y", r[0]);
          known.check(on, "dX", r[1]);
        });
  }

  @ParameterizedTest
  @EnumSource
  void poolPadTooBig(Target on) {
    on.run(
        () -> {
          Tensor x = on.full(1, 1, 1, 1, 1);
          Pool2d pool = Pool2d.of(3, 3, 3);
          assertThrows(ArgumentException.class, () -> new MaxPool2d(pool).apply(x));
          assertThrows(ArgumentException.class, () -> new AvgPool2d(pool, false).apply(x));
        });
  }

  @ParameterizedTest
  @EnumSource
  void poolDilatedOutOfRange(Target on) {
    on.run(
        () -> {
          Window2d window = Window2d.UNIT.withStride(6).withPadding(1).withDilation(2);
          Pool2d pool = new Pool2d(Window2d.Pair.of(3), window, true);
          assertThrows(
              ShapeException.class, () -> new MaxPool2d(pool).apply(on.full(1, 1, 1, 1, 8)));
        });
  }

  @ParameterizedTest
  @EnumSource
  void adaptiveAvgpool(Target on) {
    on.run(
        () -> {
          Known known = Known.of("adaptive-avgpool");
          AdaptiveAvgPool2d three = new AdaptiveAvgPool2d(1, 3);
          known.check(on, "ten_to_3", three.apply(on.counting(0, 1, 1, 1, 10)));
          known.check(on, "five_to_3", three.apply(on.counting(0, 1, 1, 1, 5)));
        });
  }
}
