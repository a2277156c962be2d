package org.hypergrad.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.hypergrad.engine.error.LifetimeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScopeTest {
  private final Device device = Device.reference();
  private long before;

  @BeforeEach
  void count() {
    before = device.memory().live();
  }

  @AfterEach
  void nothingIsLeft() {
    assertEquals(before, device.memory().live());
  }

  private static void onReference(Runnable body) {
    Device.reference().run(body);
  }

  @Test
  void withoutAScopeThereIsNoTensor() {
    LifetimeException failure =
        assertThrows(LifetimeException.class, () -> onReference(() -> Tensor.zeros(2)));
    assertTrue(failure.hint().contains("Scope.run"), failure.getMessage());
  }

  @Test
  void tensorsEndWithTheirScopeEvenIfItThrows() {
    Tensor[] escaped = new Tensor[1];
    assertThrows(
        IllegalStateException.class,
        () ->
            onReference(
                () ->
                    Scope.run(
                        () -> {
                          escaped[0] = Tensor.zeros(3);
                          throw new IllegalStateException();
                        })));
    assertTrue(escaped[0].isClosed());
  }

  @Test
  void useAfterCloseSaysWhereTheTensorWasMade() {
    Tensor[] escaped = new Tensor[1];
    onReference(() -> Scope.run(() -> escaped[0] = Tensor.ones(2, 3).relu()));
    LifetimeException failure = assertThrows(LifetimeException.class, () -> escaped[0].toFloats());
    assertEquals("relu", failure.op());
    assertTrue(failure.got().contains("float32[2, 3]"), failure.got());
    assertTrue(failure.got().contains("ScopeTest.java:"), failure.got());
    assertThrows(LifetimeException.class, () -> escaped[0].segment());
    assertThrows(
        LifetimeException.class, () -> onReference(() -> Scope.run(() -> escaped[0].add(1))));
  }

  @Test
  void whatIsReturnedMovesOutAndTheRestEnds() {
    onReference(
        () ->
            Scope.run(
                () -> {
                  Tensor[] inner = new Tensor[1];
                  Tensor result =
                      Scope.call(
                          () -> {
                            inner[0] = Tensor.ones(2);
                            return inner[0].add(1);
                          });
                  assertTrue(inner[0].isClosed());
                  assertEquals(2, result.get(1));
                  List<Map<String, Tensor>> nested =
                      Scope.call(() -> List.of(Map.of("a", Tensor.ones(1).mul(7))));
                  assertEquals(7, nested.get(0).get("a").item());
                  Tensor[] array = Scope.call(() -> new Tensor[] {Tensor.ones(1), null});
                  assertEquals(1, array[0].item());
                }));
  }

  @Test
  void keepMovesOneTensorOut() {
    onReference(
        () ->
            Scope.run(
                () -> {
                  Tensor[] kept = new Tensor[1];
                  Scope.run(() -> kept[0] = Scope.current().keep(Tensor.ones(4)));
                  assertEquals(4, kept[0].sum().item());
                }));
  }

  @Test
  void aViewKeepsTheMemoryOfWhatItViews() {
    onReference(
        () ->
            Scope.run(
                () -> {
                  Tensor view =
                      Scope.call(() -> Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).transpose());
                  assertEquals(3, view.get(0, 1));
                }));
  }

  @Test
  void aRetainedTensorIsTheCallersToClose() {
    Tensor tensor = device.call(() -> Scope.call(() -> Tensor.ones(5)));
    assertEquals(5, device.call(() -> Scope.call(() -> tensor.sum().item())));
    assertTrue(device.memory().live() > before);
    tensor.close();
    tensor.close();
    assertTrue(tensor.isClosed());
  }

  @Test
  void manyTensorsMayEndEarlyInOneScope() {
    onReference(
        () ->
            Scope.run(
                () -> {
                  for (int i = 0; i < 1000; i++) {
                    Tensor.zeros(16).close();
                  }
                  assertEquals(before, device.memory().live());
                }));
  }

  @Test
  void readingLeavesNothingBehind() {
    onReference(
        () ->
            Scope.run(
                () -> {
                  Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).transpose();
                  long live = device.memory().live();
                  for (int i = 0; i < 1000; i++) {
                    x.toFloats();
                    x.toDoubles();
                    x.toInts();
                    x.get(2, 1);
                    x.toString();
                  }
                  assertEquals(live, device.memory().live());
                }));
  }

  @Test
  void oneTensorMayBeReadByManyThreads() throws Exception {
    Tensor shared = device.call(() -> Scope.call(() -> Tensor.arange(0, 1, 1000, DType.FLOAT32)));
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Double>> sums =
          IntStream.range(0, 64)
              .mapToObj(
                  i ->
                      threads.submit(
                          () ->
                              device.call(
                                  () ->
                                      Scope.call(
                                          () -> shared.mul(i).reshape(10, 100).sum().item()))))
              .toList();
      for (int i = 0; i < sums.size(); i++) {
        assertEquals(i * 499500.0, sums.get(i).get());
      }
    }
    assertFalse(shared.isClosed());
    shared.close();
  }
}
