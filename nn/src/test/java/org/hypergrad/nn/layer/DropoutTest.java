package org.hypergrad.nn.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DropoutTest {
  private static final int COUNT = 100_000;

  private static float[] dropped(Dropout layer) {
    return Scope.call(() -> layer.apply(Tensor.ones(COUNT)).toFloats());
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void dropsTheFractionAndScalesTheRest(Device device) {
    float[] y = device.call(() -> dropped(new Dropout(new Generator(5), 0.3)));
    int zeros = 0;
    for (float value : y) {
      if (value == 0) {
        zeros++;
      } else {
        assertEquals(1 / 0.7, value, 1e-6);
      }
    }
    // Five standard deviations of a binomial distribution.
    assertEquals(0.3 * COUNT, zeros, 5 * Math.sqrt(COUNT * 0.3 * 0.7));
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void theSeedDecides(Device device) {
    device.run(
        () -> {
          Dropout layer = new Dropout(new Generator(5), 0.5);
          float[] first = dropped(layer);
          float[] second = dropped(layer);
          assertFalse(Arrays.equals(first, second), "each call has its own mask");
          assertArrayEquals(first, dropped(new Dropout(new Generator(5), 0.5)));
          assertFalse(Arrays.equals(first, dropped(new Dropout(new Generator(6), 0.5))));
          layer.generators().get("generator").restore(5, 1);
          assertArrayEquals(second, dropped(layer));
        });
  }

  @Test
  void bothDevicesDropTheSame() {
    assertArrayEquals(
        Device.reference().call(() -> dropped(new Dropout(new Generator(5), 0.5))),
        Device.cpu().call(() -> dropped(new Dropout(new Generator(5), 0.5))));
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void evaluationAndZeroAreTheIdentity(Device device) {
    Generator random = new Generator(5);
    device.run(
        () ->
            Scope.run(
                () -> {
                  Tensor x = Tensor.ones(10);
                  Dropout layer = new Dropout(random, 0.5);
                  layer.eval();
                  assertSame(x, layer.apply(x));
                  assertSame(x, new Dropout(random, 0).apply(x));
                  assertEquals(0, random.stream(), "nothing was drawn");
                  assertArrayEquals(new float[10], new Dropout(random, 1).apply(x).toFloats());
                }));
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void theGradientPassesWhereTheValueDid(Device device) {
    device.run(
        () ->
            Scope.run(
                () -> {
                  Tensor x = Tensor.ones(1000).requireGradient();
                  Dropout layer = new Dropout(new Generator(5), 0.5);
                  float[] gradient =
                      Tape.record(
                          tape -> {
                            Tensor y = layer.apply(x);
                            float[] dx = tape.backward(y.sum()).of(x).toFloats();
                            assertArrayEquals(y.toFloats(), dx);
                            return dx;
                          });
                  assertEquals(1000, gradient.length);
                }));
  }
}
