package org.hypergrad.fop;

import java.util.List;
import org.hypergrad.engine.GpuDevice;
import org.hypergrad.kernels.OnGpu;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps made together on a GPU are the steps that the definition makes one by one. */
@OnGpu
class GpuFusedStepTest {
  static List<Fop> rules() {
    return FusedTrial.rules();
  }

  @ParameterizedTest
  @MethodSource("rules")
  void agreesWithTheDefinition(Fop rule) {
    FusedTrial.agrees(GpuDevice.get(), rule);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void passesOverWhatIsNotFinite(double planted) {
    FusedTrial.passesOver(GpuDevice.get(), planted);
  }
}
