package org.hypergrad.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DTypeException;
import org.junit.jupiter.api.Test;

class ParameterTest {
  @Test
  void outlivesItsScopeAndGivesItsMemoryBack() {
    Device device = Device.reference();
    long before = device.memory().live();
    Parameter w =
        device.call(
            () ->
                Scope.call(
                    () -> new Parameter("w", Role.DENSE_WEIGHT, Tensor.of(new float[] {2, 3}, 2))));
    try (w) {
      float[] gradient =
          device.call(
              () ->
                  Scope.call(
                      () -> {
                        Gradients g = Tape.record(tape -> tape.backward(w.value().square().sum()));
                        return g.of(w.value()).toFloats();
                      }));
      assertArrayEquals(new float[] {4, 6}, gradient);
    }
    assertEquals(before, device.memory().live());
  }

  @Test
  void refusesABlankNameAndIntegers() {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      assertThrows(
                          ArgumentException.class,
                          () -> new Parameter(" ", Role.BIAS, Tensor.zeros(2)));
                      assertThrows(
                          DTypeException.class,
                          () -> new Parameter("n", Role.BIAS, Tensor.of(new int[] {1}, 1)));
                    }));
  }
}
