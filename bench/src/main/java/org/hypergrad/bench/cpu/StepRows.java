package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.bench.peers.TrainingStep;
import org.hypergrad.bench.peers.Work;
import org.hypergrad.fop.Fop;
import org.hypergrad.nn.optim.Rule;

/** Whole training steps: forward, cross-entropy, backward and update. */
final class StepRows {
  private StepRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (Work work : Work.values()) {
      String name = "step/" + work.title() + ", ";
      // FOP's own choice for a network of dense layers alone is a full-rank P.
      Rule fop = work.hasImages() ? TrainingStep.fop() : Fop.over(TrainingStep.momentum());
      rows.add(row(name + "momentum", work, TrainingStep.momentum()));
      rows.add(row(name + "FOP around momentum", work, fop));
    }
    return rows;
  }

  private static Row row(String name, Work work, Rule rule) {
    return WorkRow.ofProducts(name, () -> new Step(new TrainingStep(work, rule)));
  }

  private record Step(TrainingStep step) implements Case {
    @Override
    public void run() {
      step.run();
    }

    @Override
    public void close() {
      step.close();
    }
  }
}
