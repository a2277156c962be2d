package org.hypergrad.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Supplier;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DTypeException;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.engine.error.OutOfMemoryException;
import org.hypergrad.engine.error.ShapeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TensorTest {
  private final long before = Device.reference().memory().live();

  @AfterEach
  void nothingIsLeft() {
    assertEquals(before, Device.reference().memory().live());
  }

  private static <T> T on(String device, Supplier<T> body) {
    return Device.named(device).call(() -> Scope.call(body));
  }

  private static Tensor counting(long... extents) {
    Shape shape = Shape.of(extents);
    return Tensor.arange(0, 1, shape.count(), DType.FLOAT32).reshape(extents);
  }

  @Test
  void shapesCountTheirElements() {
    assertEquals(1, Shape.SCALAR.count());
    assertEquals(0, Shape.of(0).count());
    assertEquals(0, Shape.of(2, 0, 3).count());
    assertEquals(1L << 32, Shape.of(65536, 65536).count());
    assertArrayEquals(new long[] {12, 4, 1}, Shape.of(2, 3, 4).contiguousStrides());
    assertEquals(Shape.of(4, 2, 3), Shape.broadcast("add", Shape.of(2, 1), Shape.of(4, 1, 3)));
    assertThrows(ShapeException.class, () -> Shape.of(-1));
    assertThrows(ShapeException.class, () -> Shape.of(1L << 32, 1L << 32));
    assertThrows(ShapeException.class, () -> Shape.of(1, 1, 1, 1, 1, 1, 1, 1, 1));
    assertThrows(ShapeException.class, () -> Shape.broadcast("add", Shape.of(2), Shape.of(3)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void sizesThatOverflowAreRefusedBeforeAllocation(String device) {
    on(
        device,
        () -> {
          long live = Device.current().memory().live();
          assertThrows(ShapeException.class, () -> Tensor.zeros(1L << 31, 1L << 31));
          assertThrows(OutOfMemoryException.class, () -> Tensor.zeros(1L << 24, 1L << 24));
          assertEquals(live, Device.current().memory().live());
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void viewsShowTheSameElements(String device) {
    on(
        device,
        () -> {
          Tensor x = counting(2, 3, 4);
          assertArrayEquals(
              new float[] {4, 16, 5, 17, 6, 18, 7, 19},
              x.slice(1, 1, 2).squeeze(1).transpose().toFloats());
          assertArrayEquals(
              new float[] {1, 3}, x.select(0, 0).select(0, 0).slice(0, 1, 4, 2).toFloats());
          assertArrayEquals(new long[] {1, 12, 4}, x.permute(2, 0, 1).strides());
          assertEquals(23, x.select(0, -1).select(0, -1).get(3));
          assertArrayEquals(
              new long[] {0, 12, 4, 1}, x.broadcastTo(Shape.of(5, 2, 3, 4)).strides());
          assertEquals(Shape.of(2, 12), x.flatten(1).shape());
          assertEquals(Shape.of(2, 3, 4, 1), x.unsqueeze(-1).shape());
          x.select(0, 1).select(0, 0).fill(-1);
          assertArrayEquals(
              new float[] {-1, -1}, x.slice(2, 2, 4).select(0, 1).select(0, 0).toFloats());
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void reshapeIsAViewWhereStridesAllowIt(String device) {
    on(
        device,
        () -> {
          Tensor x = counting(4, 6);
          Tensor split = x.slice(1, 0, 6, 2).reshape(2, 2, 3);
          x.fill(9);
          assertEquals(9, split.get(1, 1, 2), "splitting an axis needs no copy");
          Tensor y = counting(4, 6).transpose();
          float[] joined = y.reshape(24).toFloats();
          assertArrayEquals(new float[] {0, 6, 12, 18, 1}, java.util.Arrays.copyOf(joined, 5));
          assertEquals(Shape.of(3, 8), x.reshape(3, -1).shape());
          assertEquals(Shape.of(0, 5), Tensor.zeros(0).reshape(0, 5).shape());
          assertEquals(1, Tensor.ones(1, 1).reshape().item());
          assertThrows(ArgumentException.class, () -> x.reshape(-1, -1));
          assertThrows(ArgumentException.class, () -> x.reshape(5, -1));
          assertThrows(ShapeException.class, () -> x.reshape(23));
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void assignmentBroadcastsAndRespectsOverlap(String device) {
    on(
        device,
        () -> {
          Tensor x = counting(3, 3);
          x.assign(x.transpose());
          assertArrayEquals(new float[] {0, 3, 6, 1, 4, 7, 2, 5, 8}, x.toFloats());
          x.slice(0, 0, 2).assign(Tensor.of(new float[] {10, 20, 30}, 3));
          assertArrayEquals(new float[] {10, 20, 30, 10, 20, 30, 2, 5, 8}, x.toFloats());
          assertThrows(DTypeException.class, () -> x.assign(Tensor.of(new int[9], 3, 3)));
          assertThrows(ShapeException.class, () -> x.assign(Tensor.zeros(4)));
          assertThrows(
              ShapeException.class, () -> Tensor.zeros(1).broadcastTo(Shape.of(3)).fill(1));
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void typesConvertAsJavaCasts(String device) {
    on(
        device,
        () -> {
          Tensor x = Tensor.of(new float[] {-1.7f, 2.9f, Float.NaN, 3e9f}, 4);
          assertArrayEquals(new int[] {-1, 2, 0, Integer.MAX_VALUE}, x.to(DType.INT32).toInts());
          Tensor bytes = Tensor.of(new byte[] {(byte) 200, 3}, 2);
          assertArrayEquals(new float[] {200, 3}, bytes.to(DType.FLOAT32).toFloats());
          assertArrayEquals(new int[] {200, 3}, bytes.toInts());
          assertSame(x, x.to(DType.FLOAT32));
          return null;
        });
  }

  @Test
  void doublesAreForTheReferenceDevice() {
    DTypeException failure =
        assertThrows(DTypeException.class, () -> on("cpu", () -> Tensor.of(new double[] {1}, 1)));
    assertTrue(failure.hint().contains("reference"));
  }

  @Test
  void devicesDoNotMixUnasked() {
    on(
        "cpu",
        () -> {
          Tensor x = Tensor.ones(2);
          Tensor moved = x.to(Device.reference());
          DeviceException failure = assertThrows(DeviceException.class, () -> x.add(moved));
          assertEquals("add", failure.op());
          assertArrayEquals(new float[] {2, 2}, moved.add(moved).toFloats());
          assertFalse(moved.device().equals(x.device()));
          return null;
        });
  }

  @Test
  void printingShowsTypeShapeAndValues() {
    on(
        "reference",
        () -> {
          assertEquals(
              "float32[2, 2] on reference [[0.000, 1.000],\n [2.000, 3.000]]",
              counting(2, 2).toString());
          assertEquals(
              "int32[9] on reference [0, 1, 2, ..., 6, 7, 8]",
              Tensor.arange(0, 1, 9, DType.INT32).toString());
          assertEquals("float32[] on reference 2.500", Tensor.scalar(2.5f).toString());
          assertEquals("float32[0] on reference []", Tensor.zeros(0).toString());
          return null;
        });
  }

  @Test
  void errorsNameTheOpTheShapesAndTheRule() {
    on(
        "reference",
        () -> {
          ShapeException failure =
              assertThrows(
                  ShapeException.class, () -> Tensor.zeros(32, 784).matmul(Tensor.zeros(512, 10)));
          assertEquals("matmul", failure.op());
          assertEquals("[float32[32, 784], float32[512, 10]]", failure.got());
          assertEquals("a[-1] == b[-2]", failure.expected());
          assertThrows(ArgumentException.class, () -> Tensor.zeros(3).get(3));
          assertThrows(ArgumentException.class, () -> Tensor.zeros(3).slice(0, 2, 1));
          assertThrows(ShapeException.class, () -> Tensor.zeros(3).item());
          assertThrows(ShapeException.class, () -> Tensor.of(new float[3], 2, 2));
          return null;
        });
  }
}
