package org.hypergrad.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.nn.optim.Rule;

/** Trains in this engine. Arguments: the row, {@code momentum} or {@code fop}, and the threads. */
public final class HypergradWorker {
  private HypergradWorker() {}

  public static void main(String[] args) {
    Work work = Work.named(args[0]);
    Device cpu = Device.cpu();
    cpu.setThreads(Integer.parseInt(args[2]));
    cpu.run(() -> Scope.run(() -> serve(work, rule(args[1]))));
  }

  private static Rule rule(String name) {
    return switch (name) {
      case "momentum" -> TrainingStep.momentum();
      case "fop" -> TrainingStep.fop();
      default -> throw new IllegalArgumentException("peers: no such rule; got " + name);
    };
  }

  private static void serve(Work work, Rule rule) {
    try (TrainingStep step = new TrainingStep(work, rule)) {
      Worker.serve(step::run);
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }
}
