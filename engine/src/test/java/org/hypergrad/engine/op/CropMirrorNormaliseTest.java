package org.hypergrad.engine.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.Stream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DTypeException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.error.TapeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CropMirrorNormaliseTest {
  static Stream<Device> devices() {
    return Stream.of(Device.reference(), Device.cpu());
  }

  /** 1 2 3 over 4 5 250, for each window. */
  private static float[] cut(int height, int width, int... windows) {
    int images = windows.length / 3;
    byte[] pixels = new byte[6 * images];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i % 6 == 5 ? 250 : i % 6 + 1);
    }
    return Tensor.of(pixels, images, 1, 2, 3)
        .cropMirrorNormalise(
            Tensor.of(windows, images, 3),
            height,
            width,
            Tensor.of(new float[] {2}, 1),
            Tensor.of(new float[] {-1}, 1))
        .toFloats();
  }

  private static void assertCut(float[] expected, int height, int width, int... windows) {
    Scope.run(() -> assertArrayEquals(expected, cut(height, width, windows)));
  }

  @ParameterizedTest
  @MethodSource("devices")
  void windowsAreCutMirroredAndScaled(Device device) {
    device.run(
        () -> {
          assertCut(new float[] {1, 3, 5, 7, 9, 499}, 2, 3, 0, 0, 0);
          assertCut(new float[] {5, 3, 1, 499, 9, 7}, 2, 3, 0, 0, 1);
          // A row above and a column to the right are black.
          assertCut(new float[] {-1, -1, -1, 3, 5, -1}, 2, 3, -1, 1, 0);
          assertCut(new float[] {-1, -1, -1, -1, 5, 3}, 2, 3, -1, 1, 1);
          assertCut(new float[] {9, 499, 3, 1}, 1, 2, 1, 1, 0, 0, 0, 7);
          assertCut(new float[] {-1, 1, 3, 5, -1, -1, 7, 9, 499, -1}, 2, 5, 0, -1, 0);
        });
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aWindowBesideTheImageIsBlackHoweverFarAway(Device device) {
    device.run(
        () -> {
          float[] black = {-1, -1, -1, -1, -1, -1};
          for (int far : new int[] {3, -3, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertCut(black, 2, 3, far, 0, 0);
            assertCut(black, 2, 3, 0, far, 0);
            assertCut(black, 2, 3, 0, far, 1);
          }
        });
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    Scope.run(
        () -> {
          Tensor images = Tensor.zeros(2, 3, 4, 4).to(DType.UINT8);
          Tensor windows = Tensor.zeros(2, 3).to(DType.INT32);
          Tensor three = Tensor.ones(3);
          Tensor two = Tensor.ones(2);
          assertThrows(
              DTypeException.class,
              () -> images.to(DType.FLOAT32).cropMirrorNormalise(windows, 4, 4, three, three));
          assertThrows(
              DTypeException.class,
              () -> images.cropMirrorNormalise(windows.to(DType.FLOAT32), 4, 4, three, three));
          assertThrows(
              DTypeException.class,
              () -> images.cropMirrorNormalise(windows, 4, 4, three.to(DType.INT32), three));
          assertThrows(
              ShapeException.class,
              () -> images.select(0, 0).cropMirrorNormalise(windows, 4, 4, three, three));
          assertThrows(
              ShapeException.class,
              () -> images.cropMirrorNormalise(windows.slice(0, 0, 1), 4, 4, three, three));
          var scale =
              assertThrows(
                  ShapeException.class,
                  () -> images.cropMirrorNormalise(windows, 4, 4, two, three));
          assertEquals("crop_mirror_normalise", scale.op());
          assertThrows(
              ArgumentException.class,
              () -> images.cropMirrorNormalise(windows, -1, 4, three, three));
        });
  }

  /** A scale to be learned would stay as it is without a word. */
  @Test
  void aGradientIsRefusedAndNotLost() {
    Scope.run(
        () -> {
          Tensor images = Tensor.zeros(1, 1, 2, 2).to(DType.UINT8);
          Tensor windows = Tensor.zeros(1, 3).to(DType.INT32);
          Tensor scale = Tensor.ones(1).requireGradient();
          assertThrows(
              TapeException.class,
              () ->
                  Tape.record(
                      _ -> images.cropMirrorNormalise(windows, 2, 2, scale, scale.detach())));
        });
  }
}
