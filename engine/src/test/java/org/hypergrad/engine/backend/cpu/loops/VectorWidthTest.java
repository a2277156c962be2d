package org.hypergrad.engine.backend.cpu.loops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class VectorWidthTest {
  private static String description(String vendor, int family, int model) {
    return """
    processor\t: 0
    vendor_id\t: %s
    cpu family\t: %d
    model\t\t: %d
    flags\t\t: fpu avx2 avx512f
    """
        .formatted(vendor, family, model);
  }

  @Test
  void onlyZenThreeAndFourComputeHalves() {
    assertTrue(VectorWidth.computesHalves(description("AuthenticAMD", 25, 17)));
    assertFalse(VectorWidth.computesHalves(description("AuthenticAMD", 26, 2)));
    assertFalse(VectorWidth.computesHalves(description("GenuineIntel", 6, 143)));
    assertFalse(VectorWidth.computesHalves(description("GenuineIntel", 25, 1)));
    assertFalse(VectorWidth.computesHalves(""));
  }

  @Test
  void aModelOfThatNumberIsNoFamily() {
    assertFalse(VectorWidth.computesHalves(description("AuthenticAMD", 26, 25)));
  }

  @Test
  void eachLaneIsInTheirSumOnce() {
    float[] values = new float[VectorWidth.FLOATS.length()];
    float expected = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = 1 << i;
      expected += values[i];
    }
    FloatVector x = FloatVector.fromArray(VectorWidth.FLOATS, values, 0);
    assertEquals(expected, VectorMath.sum(x));
  }
}
