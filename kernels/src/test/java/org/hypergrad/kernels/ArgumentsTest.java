package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
  private static final LaunchShape SHAPE = LaunchShape.line(3, 64);

  private final Arguments arguments = new Arguments();

  private void begin(String entry) {
    arguments.begin(KernelSignature.parse(KernelSignatureTest.PTX).get(entry), SHAPE);
  }

  @Test
  void valuesLieAtTheirOffsetsAndTheTableNamesThem() {
    begin("mixed");
    MemorySegment struct = Arena.ofAuto().allocate(264).fill((byte) 7);
    arguments.pointer(0x7000000000L);
    arguments.pointer(0x7000000100L);
    arguments.struct(struct);
    arguments.int64(-5);
    arguments.int8(200);
    arguments.float32(1.5f);
    arguments.float64(0.1);
    MemorySegment table = arguments.complete();
    MemorySegment values = arguments.values();
    long[] offsets = {0, 8, 16, 280, 288, 292, 296};
    for (int i = 0; i < offsets.length; i++) {
      assertEquals(
          values.address() + offsets[i], table.getAtIndex(ValueLayout.JAVA_LONG, i), "entry " + i);
    }
    assertEquals(0x7000000000L, values.get(ValueLayout.JAVA_LONG, 0));
    assertEquals(0x7000000100L, values.get(ValueLayout.JAVA_LONG, 8));
    assertEquals(-1, struct.mismatch(values.asSlice(16, 264)));
    assertEquals(-5, values.get(ValueLayout.JAVA_LONG, 280));
    assertEquals((byte) 200, values.get(ValueLayout.JAVA_BYTE, 288));
    assertEquals(1.5f, values.get(ValueLayout.JAVA_FLOAT, 292));
    assertEquals(0.1, values.get(ValueLayout.JAVA_DOUBLE, 296));
  }

  @Test
  void anotherTypeIsRefusedWithThePlaceAndBothTypes() {
    assertRefused(
        a -> a.int64(4),
        "argument 0 has the wrong type; got a 64-bit integer; expected a pointer (mixed_param_0)");
    assertRefused(
        a -> a.float32(4),
        "argument 0 has the wrong type; got a 32-bit float; expected a pointer (mixed_param_0)");
    assertRefused(
        a -> {
          a.pointer(0);
          a.pointer(0);
          a.struct(264 - 64);
        },
        "argument 2 has the wrong type; got a struct of 200 bytes;"
            + " expected a struct of 264 bytes (mixed_param_2)");
    assertRefused(
        a -> {
          a.pointer(0);
          a.pointer(0);
          a.struct(264);
          a.int32(1);
        },
        "argument 3 has the wrong type; got a 32-bit integer;"
            + " expected a 64-bit integer (mixed_param_3)");
  }

  @Test
  void aFloatGivenForADoubleIsRefused() {
    assertRefused(
        a -> {
          a.pointer(0);
          a.pointer(0);
          a.struct(264);
          a.int64(1);
          a.int8(1);
          a.float64(1);
        },
        "argument 5 has the wrong type; got a 64-bit float;"
            + " expected a 32-bit float (mixed_param_5)");
  }

  @Test
  void tooFewAndTooManyAreRefused() {
    assertRefused(
        a -> {
          a.pointer(0);
          a.complete();
        },
        "too few arguments; got 1; expected 7");
    begin("none");
    KernelException refused = assertThrows(KernelException.class, () -> arguments.int32(1));
    assertEquals("none " + SHAPE + ": too many arguments; expected 0", refused.detail());
  }

  @Test
  void whatALaterKernelDoesNotSetIsNotComplete() {
    begin("mixed");
    arguments.pointer(1);
    begin("mixed");
    assertThrows(KernelException.class, arguments::complete);
    begin("none");
    arguments.complete();
  }

  private void assertRefused(Consumer<Arguments> filling, String problem) {
    begin("mixed");
    KernelException refused = assertThrows(KernelException.class, () -> filling.accept(arguments));
    assertEquals("mixed <<<(3, 1, 1), (64, 1, 1), 0 shared bytes>>>: " + problem, refused.detail());
    assertEquals("mixed", refused.kernel());
    assertEquals(SHAPE, refused.shape());
    assertEquals(CudaException.REFUSED, refused.status());
  }
}
