package org.hypergrad.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeakCheckTest {
  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void aTensorThatIsNotClosedIsFound(String device) {
    AtomicReference<Tensor> kept = new AtomicReference<>();
    try {
      AssertionError failure =
          assertThrows(
              AssertionError.class,
              () ->
                  LeakCheck.around(
                      () ->
                          Device.named(device)
                              .run(() -> kept.set(Scope.call(() -> Tensor.zeros(3))))));
      assertTrue(failure.getMessage().contains("in use on each device"), failure.getMessage());
    } finally {
      kept.get().close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void whatAScopeOwnsIsNoLeak(String device) {
    assertDoesNotThrow(
        () ->
            LeakCheck.around(
                () -> Device.named(device).run(() -> Scope.run(() -> Tensor.zeros(3).exp()))));
  }
}
