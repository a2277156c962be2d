package org.hypergrad.engine.backend.cpu.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.hypergrad.engine.error.NativeException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProgramCacheTest {
  private static final long MOST_BYTES = 100_000;

  @BeforeEach
  void needsTheLibrary() {
    assumeTrue(OneDnn.problem().isEmpty(), OneDnn::problem);
  }

  /** A convolution [batch, 3, 8, 8] -> [batch, 5, height, 8], kernel 3 x 3, padding 1. */
  private static Convolution convolution(long batch, long height) {
    ConvGeometry.Extents one = new ConvGeometry.Extents(1, 1);
    return new Convolution(
        Convolution.Pass.FORWARD,
        new ConvGeometry(
            new ConvGeometry.Images(batch, 3, 8, 8),
            new ConvGeometry.Images(batch, 5, height, 8),
            new ConvGeometry.Extents(3, 3),
            one,
            one,
            one,
            one,
            1),
        false,
        false,
        false);
  }

  private static void run(Convolution convolution, ProgramCache cache, Arena arena) {
    MemorySegment x = OneDnn.floats(arena, new float[40 * 3 * 64]);
    MemorySegment w = OneDnn.floats(arena, new float[5 * 3 * 9]);
    MemorySegment y = OneDnn.floats(arena, new float[40 * 5 * 64]);
    convolution.run(cache, 1, x.address(), w.address(), y.address());
  }

  @Test
  void changingBatchesKeepBoundedMemory() {
    try (Arena arena = Arena.ofConfined();
        ProgramCache cache = new ProgramCache(OneDnn.get(), 256, MOST_BYTES)) {
      for (long batch = 1; batch <= 40; batch++) {
        run(convolution(batch, 8), cache, arena);
        assertTrue(cache.bytes() <= MOST_BYTES, "batch " + batch + ": " + cache.bytes());
      }
      assertTrue(cache.bytes() > 0, "a program that fits is kept");
    }
  }

  @Test
  void aRepeatedOperationKeepsOneProgram() {
    ProgramCache cache = new ProgramCache(OneDnn.get());
    try (Arena arena = Arena.ofConfined()) {
      run(convolution(7, 8), cache, arena);
      long once = cache.bytes();
      for (int i = 0; i < 100; i++) {
        run(convolution(7, 8), cache, arena);
      }
      assertEquals(once, cache.bytes());
    } finally {
      cache.close();
    }
    assertEquals(0, cache.bytes());
  }

  @Test
  void aRefusedOperationSaysWhichCallAndWhichShapes() {
    try (Arena arena = Arena.ofConfined();
        ProgramCache cache = new ProgramCache(OneDnn.get())) {
      NativeException refused =
          assertThrows(
              NativeException.class, () -> run(convolution(7, 6), cache, arena), "rows are 8");
      String message = refused.getMessage();
      assertTrue(
          message.contains("dnnl_convolution_forward_primitive_desc_create")
              && message.contains("invalid_arguments")
              && message.contains("height=6"),
          message);
      assertEquals(0, cache.bytes());
    }
  }
}
