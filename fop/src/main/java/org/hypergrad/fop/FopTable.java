package org.hypergrad.fop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;

/** What each parameter gets from a {@link Fop}, as text. */
final class FopTable {
  private static final List<String> HEAD =
      List.of("parameter", "shape", "preconditioner", "M", "extra numbers", "rule of M");

  private final Fop fop;
  private final List<List<String>> rows = new ArrayList<>(List.of(HEAD));
  private long learned;
  private long paper;
  private long extra;

  private FopTable(Fop fop) {
    this.fop = fop;
  }

  static String of(Fop fop, List<Parameter> parameters) {
    FopTable table = new FopTable(fop);
    parameters.forEach(table::add);
    return table.text();
  }

  private void add(Parameter parameter) {
    Preconditioner chosen = fop.preconditioner(parameter);
    Shape shape = parameter.value().shape();
    if (chosen.form() == Form.NONE) {
      rows.add(List.of(parameter.name(), shape.toString(), chosen.label(), "", "0", ""));
      return;
    }
    Shape factor = chosen.factor(parameter);
    Optional<StandardRule> hyper = fop.hyper(chosen);
    long copies = 1 + hyper.map(FopTable::statePerNumber).orElse(0L);
    if (hyper.isPresent() && fop.at() == HypergradientAt.PREVIOUS_M) {
      copies++;
    }
    long held = copies * factor.count() + (hyper.isPresent() ? shape.count() : 0);
    if (fop.convergence().isPresent() || (hyper.isPresent() && fop.learning().isCapped())) {
      held += factor.extent(1);
    }
    learned += factor.count();
    paper += chosen.form() == Form.SPATIAL ? factor.extent(0) : 0;
    extra += held;
    rows.add(
        List.of(
            parameter.name(),
            shape.toString(),
            chosen.label(),
            factor.toString(),
            String.valueOf(held),
            hyper.map(r -> r.getClass().getSimpleName() + ", rate " + r.rate()).orElse("")));
  }

  /** How many numbers a rule keeps per number that it moves: it is asked with one. */
  private static long statePerNumber(StandardRule rule) {
    return Scope.call(
        () -> {
          try (State state = new State()) {
            rule.direction(Tensor.ones(1), state);
            return state.tensors().values().stream().mapToLong(Tensor::count).sum();
          }
        });
  }

  private String text() {
    int[] widths = new int[HEAD.size()];
    for (List<String> row : rows) {
      Arrays.setAll(widths, i -> Math.max(widths[i], row.get(i).length()));
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        line.append(row.get(i)).repeat(' ', widths[i] - row.get(i).length() + 2);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    text.append("M: ").append(learned).append(" numbers");
    if (paper > 0) {
      text.append(" (").append(paper).append(" as the paper counts, k^2 per k x k kernel)");
    }
    return text.append("; held beside the base rule: ").append(extra).append('\n').toString();
  }
}
