package org.hypergrad.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.save.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeepBestTest {
  @TempDir private Path folder;

  private static EpochResult epoch(long number, double loss, double accuracy) {
    Evaluation seen = new Evaluation(1, loss, Map.of("accuracy", accuracy));
    return new EpochResult(number, true, number, 1, seen, 1);
  }

  /** The weights that are kept say in which epoch that was. */
  private double keptOf(KeepBest keep, Path file, List<EpochResult> epochs) {
    return Scope.call(
        () -> {
          try (Module model = new Linear(new Generator(1), 1, 1);
              Optimizer optimizer = Optimizer.of(new Sgd(1), model.parameters())) {
            Trainer trainer = new Trainer(model, Loss.squaredError(), optimizer);
            Tensor weight = model.parameters().getFirst().value();
            for (EpochResult epoch : epochs) {
              weight.fill(epoch.epoch());
              keep.epochEnded(trainer, epoch);
            }
            Weights.load(model, file);
            return weight.item();
          }
        });
  }

  @Test
  void keepsTheBestEpoch() {
    List<EpochResult> epochs =
        List.of(epoch(1, 3, 0.5), epoch(2, 1, 0.7), epoch(3, 2, 0.9), epoch(4, 4, 0.9));
    Path file = folder.resolve("best.safetensors");
    KeepBest accuracy = KeepBest.largest("accuracy", file);
    assertEquals(3, keptOf(accuracy, file, epochs));
    assertEquals(0.9, accuracy.best());
    assertEquals(2, keptOf(KeepBest.smallest("loss", file), file, epochs));
    assertThrows(
        ArgumentException.class, () -> keptOf(KeepBest.largest("recall", file), file, epochs));
    KeepBest resumed = KeepBest.largest("accuracy", file).startingAt(0.8);
    assertEquals(3, keptOf(resumed, file, epochs));
    keptOf(resumed.startingAt(0.95), file, epochs);
    assertEquals(0.95, resumed.best());
    List<EpochResult> unseen = List.of(new EpochResult(1, true, 1, 1, null, 1));
    assertThrows(
        ArgumentException.class, () -> keptOf(KeepBest.largest("accuracy", file), file, unseen));
  }
}
