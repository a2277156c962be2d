package org.hypergrad.fop;

import java.util.List;
import org.hypergrad.engine.GpuDevice;
import org.hypergrad.kernels.OnGpu;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * With shapes, ranks and options drawn at random, steps made together are those made one by one.
 */
@OnGpu
class GpuFusedPropertyTest {
  /** Small ones: the simulated device is slow. */
  static List<FusedDraw> draws() {
    return FusedDraw.some(60).stream().filter(draw -> draw.elements() < 2500).limit(10).toList();
  }

  @ParameterizedTest
  @MethodSource("draws")
  void agreesWithTheDefinition(FusedDraw draw) {
    draw.agrees(GpuDevice.get());
  }
}
