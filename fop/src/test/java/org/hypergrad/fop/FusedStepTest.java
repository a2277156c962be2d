package org.hypergrad.fop;

import java.util.List;
import org.hypergrad.engine.Device;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps made together on the processor are the steps that the definition makes one by one. */
class FusedStepTest {
  static List<Fop> rules() {
    return FusedTrial.rules();
  }

  @ParameterizedTest
  @MethodSource("rules")
  void agreesWithTheDefinition(Fop rule) {
    FusedTrial.agrees(Device.cpu(), rule);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void passesOverWhatIsNotFinite(double planted) {
    FusedTrial.passesOver(Device.cpu(), planted);
    FusedTrial.passesOver(Device.reference(), planted);
  }
}
