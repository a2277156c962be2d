package org.hypergrad.bench.peers;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class EngineTest {
  private static Engine engine(String row) throws IOException {
    return new Engine(
        "this engine",
        1,
        Engine.java(
            System.getProperty("java.class.path"),
            HypergradWorker.class.getName(),
            row,
            "momentum",
            "1"));
  }

  @Test
  void trainsWhenToldTo() throws IOException {
    try (Engine engine = engine("mnist-16")) {
      double first = engine.run(1).loss();
      Engine.Result later = engine.run(20);
      assertTrue(later.loss() < first, later.loss() + " after " + first);
      assertTrue(later.milliseconds() > 0);
    }
  }

  @Test
  void saysThatAWorkerEnded() {
    assertThrows(IOException.class, () -> engine("no-such-row"));
  }
}
