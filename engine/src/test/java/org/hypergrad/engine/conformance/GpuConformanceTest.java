package org.hypergrad.engine.conformance;

import org.hypergrad.engine.GpuDevice;
import org.hypergrad.engine.conformance.Agreement.Specials;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.ConvTranspose2d;
import org.hypergrad.engine.op.Op;
import org.hypergrad.kernels.OnGpu;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The conformance table on a GPU. */
@OnGpu
class GpuConformanceTest {
  @ParameterizedTest
  @EnumSource
  void agreesWithTheReference(Layout layout) {
    Agreement.ofAllRows(GpuDevice.get(), layout);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void nanAndInfinityInGiveTheSameOut(double special) {
    Agreement.withPlanted(GpuDevice.get(), special, GpuConformanceTest::specials);
  }

  /** cuDNN is free to choose how it computes. */
  private static Specials specials(Op op) {
    return switch (op) {
      case Conv2d _, Conv2d.InputGradient _, Conv2d.WeightGradient _, ConvTranspose2d _ ->
          Specials.SPREADING;
      case BatchNorm _, BatchNorm.Gradient _ -> Specials.ANY_KIND;
      default -> Specials.EXACT;
    };
  }
}
