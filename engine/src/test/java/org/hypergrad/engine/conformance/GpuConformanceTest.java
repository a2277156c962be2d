package org.hypergrad.engine.conformance;

import org.hypergrad.engine.GpuDevice;
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
    Agreement.withPlanted(GpuDevice.get(), special);
  }
}
