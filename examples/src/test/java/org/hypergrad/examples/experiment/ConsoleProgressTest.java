package org.hypergrad.examples.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.data.Cifar10;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.train.EpochResult;
import org.hypergrad.nn.train.Evaluation;
import org.hypergrad.nn.train.StepResult;
import org.junit.jupiter.api.Test;

/** What is said where there is no terminal. */
class ConsoleProgressTest {
  private long now;
  private final StringWriter said = new StringWriter();

  private static Run run() {
    Cifar10 data = Cifar10.synthetic(40, 10, 1);
    return Run.of(
        "fop-seed1",
        _ -> Sequential.of(),
        new Sgd(0.1),
        1,
        new Plan(3, Long.MAX_VALUE, 4, 4),
        Images.of("", data.names(), data.train(), data.test()));
  }

  @Test
  void aLineNowAndThenAndOnePerEpoch() {
    Pace pace = new Pace(() -> now);
    pace.expect(30);
    try (ConsoleProgress progress =
        new ConsoleProgress(run(), pace, new PrintWriter(said), false, () -> now)) {
      for (int step = 1; step <= 10; step++) {
        pace.step();
        now += 8_000_000_000L;
        progress.stepped(null, new StepResult(1, step, 10, step, 4, 2.5));
      }
      now += 100_000_000_000L;
      progress.evaluated(null, 10, 10);
      progress.epochEnded(
          null,
          new EpochResult(
              1, true, 10, 2.25, new Evaluation(10, 2.125, Map.of("accuracy", 0.1)), 80));
      pace.step();
      now += 8_000_000_000L;
      progress.stepped(null, new StepResult(2, 1, 10, 11, 4, 2.0));
    }
    assertEquals(
        List.of(
            // 16 images in 32 seconds, twice; 26 steps are left of 32 / 3 seconds, 22 of 64 / 7.
            "fop-seed1: epoch 1 of 3, step 4 of 30, 0.5 images/s, loss 2.5000, about 5 min left",
            "fop-seed1: epoch 1 of 3, step 8 of 30, 0.5 images/s, loss 2.5000, about 4 min left",
            "fop-seed1: epoch 1 of 3, step 10, train loss 2.2500, 80.0 s, test loss 2.1250,"
                + " accuracy 10.00 %, about 7 min left"),
        said.toString().lines().toList());
  }
}
