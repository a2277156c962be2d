package org.hypergrad.fop;

import java.util.List;
import org.hypergrad.engine.Device;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * With shapes, ranks and options drawn at random, steps made together are those made one by one.
 */
class FusedPropertyTest {
  static List<FusedDraw> draws() {
    return FusedDraw.some(150);
  }

  @ParameterizedTest
  @MethodSource("draws")
  void agreesWithTheDefinition(FusedDraw draw) {
    draw.agrees(Device.cpu());
  }
}
