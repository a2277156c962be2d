package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.Tensor;
import org.hypergrad.fop.Fop;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.State;

/**
 * Updates of 10 M parameters: all of them by one op, and each by its definition out of single ops;
 * and bare loops with the same streams.
 */
final class UpdateRows {
  private static final Sgd DESCENT = new Sgd(1e-3);
  private static final Sgd MOMENTUM = new Sgd(1e-3).momentum(0.9);
  private static final Adam ADAM = new Adam(1e-3);

  /**
   * A rule with the arrays that it must pass through.
   *
   * @param read as long as the parameters, read alone: gradients
   * @param changed read and written: parameters and states
   */
  record Streams(String title, Rule rule, int read, int changed) {
    Cost cost() {
      return Cost.bytes((read + 2L * changed) * Updating.tenMillion() * Float.BYTES);
    }

    StreamLoop loop() {
      return new StreamLoop(Updating.tenMillion(), read, changed);
    }
  }

  static final List<Streams> RULES =
      List.of(
          new Streams("momentum", MOMENTUM, 1, 2),
          new Streams("Adam", ADAM, 1, 3),
          new Streams("FOP around plain descent", Fop.over(DESCENT), 2, 1),
          new Streams("FOP around momentum", Fop.over(MOMENTUM), 2, 2),
          new Streams("FOP around Adam", Fop.over(ADAM), 2, 3));

  private UpdateRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (Streams s : RULES) {
      String name = "update/" + s.title();
      rows.add(WorkRow.of(name + ", fused", s.cost(), () -> Updating.ofTenMillion(s.rule())));
      rows.add(
          WorkRow.of(name + ", plain", s.cost(), () -> Updating.ofTenMillion(new Plain(s.rule()))));
      rows.add(WorkRow.of(name + ", loop over its streams", s.cost(), s::loop));
    }
    return rows;
  }

  /** A rule's steps by its definition, one parameter after another. */
  private record Plain(Rule rule) implements Rule {
    @Override
    public double rate() {
      return rule.rate();
    }

    @Override
    public void step(Parameter parameter, Tensor gradient, State state, double rate) {
      rule.step(parameter, gradient, state, rate);
    }
  }
}
