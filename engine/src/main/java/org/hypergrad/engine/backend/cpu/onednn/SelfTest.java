package org.hypergrad.engine.backend.cpu.onednn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Checks, in some milliseconds, that oneDNN computes what it should on this processor. */
final class SelfTest {
  private static final int CHANNELS = 3;
  private static final int OUTPUTS = 5;
  private static final int EXTENT = 4;

  private SelfTest() {}

  static String run(ProgramCache cache, Arena arena) {
    if (!matmul(cache, arena)) {
      return "oneDNN's self-test failed: a matrix product is wrong";
    }
    return convolution(cache, arena) ? "" : "oneDNN's self-test failed: a convolution is wrong";
  }

  private static float[] ramp(int count, int modulus) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i % modulus - modulus / 2;
    }
    return values;
  }

  /** [3, 5] x [5, 2], the second operand transposed in memory. */
  private static boolean matmul(ProgramCache cache, Arena arena) {
    float[] a = ramp(15, 7);
    float[] b = ramp(10, 11);
    MemorySegment y = OneDnn.floats(arena, new float[6]);
    new MatrixProduct(
            new long[] {3, 5},
            new long[] {5, 1},
            new long[] {5, 2},
            new long[] {1, 5},
            new long[] {3, 2},
            2,
            null,
            false)
        .run(
            cache,
            1,
            OneDnn.floats(arena, a).address(),
            OneDnn.floats(arena, b).address(),
            y.address());
    boolean right = true;
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 2; j++) {
        float sum = 0;
        for (int k = 0; k < 5; k++) {
          sum += a[i * 5 + k] * b[j * 5 + k];
        }
        right &= y.getAtIndex(ValueLayout.JAVA_FLOAT, i * 2 + j) == sum;
      }
    }
    return right;
  }

  /** One image [1, 3, 4, 4], kernel [5, 3, 3, 3], padding 1; small whole numbers, so exact. */
  private static boolean convolution(ProgramCache cache, Arena arena) {
    float[] x = ramp(CHANNELS * EXTENT * EXTENT, 5);
    float[] w = ramp(OUTPUTS * CHANNELS * 9, 7);
    MemorySegment y = OneDnn.floats(arena, new float[OUTPUTS * EXTENT * EXTENT]);
    ConvGeometry geometry =
        new ConvGeometry(
            new ConvGeometry.Images(1, CHANNELS, EXTENT, EXTENT),
            new ConvGeometry.Images(1, OUTPUTS, EXTENT, EXTENT),
            new ConvGeometry.Extents(3, 3),
            new ConvGeometry.Extents(1, 1),
            new ConvGeometry.Extents(1, 1),
            new ConvGeometry.Extents(1, 1),
            new ConvGeometry.Extents(1, 1),
            1);
    new Convolution(Convolution.Pass.FORWARD, geometry, false, false, false)
        .run(
            cache,
            1,
            OneDnn.floats(arena, x).address(),
            OneDnn.floats(arena, w).address(),
            y.address());
    boolean right = true;
    for (int o = 0; o < OUTPUTS; o++) {
      for (int i = 0; i < EXTENT; i++) {
        for (int j = 0; j < EXTENT; j++) {
          right &=
              y.getAtIndex(ValueLayout.JAVA_FLOAT, (o * EXTENT + i) * EXTENT + j)
                  == pixel(x, w, o, i, j);
        }
      }
    }
    return right;
  }

  private static float pixel(float[] x, float[] w, int o, int i, int j) {
    float sum = 0;
    for (int c = 0; c < CHANNELS; c++) {
      for (int r = Math.max(0, 1 - i); r < Math.min(3, EXTENT + 1 - i); r++) {
        for (int s = Math.max(0, 1 - j); s < Math.min(3, EXTENT + 1 - j); s++) {
          sum +=
              x[(c * EXTENT + i + r - 1) * EXTENT + j + s - 1]
                  * w[((o * CHANNELS + c) * 3 + r) * 3 + s];
        }
      }
    }
    return sum;
  }
}
