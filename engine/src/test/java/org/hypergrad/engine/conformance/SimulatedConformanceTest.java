package org.hypergrad.engine.conformance;

import org.hypergrad.engine.Device;
import org.hypergrad.kernels.Simulated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The conformance table on the simulated GPU. */
@Simulated
class SimulatedConformanceTest {
  @ParameterizedTest
  @EnumSource
  void agreesWithTheReference(Layout layout) {
    Agreement.ofAllRows(Device.simulated(), layout);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void nanAndInfinityInGiveTheSameOut(double special) {
    Agreement.withPlanted(Device.simulated(), special);
  }
}
