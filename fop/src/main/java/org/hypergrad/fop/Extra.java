package org.hypergrad.fop;

import org.hypergrad.engine.Tensor;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.State;

/**
 * How many numbers an optimizer holds for {@link Fop}, {@link Shd} and {@link Pphd} beside what
 * their base rules hold.
 *
 * @param learned in all M, s or p
 * @param paper the same as the paper counts: k^2 for a k x k kernel, whose M has k^4
 * @param held also what belongs to learning them: cached vectors and the states of the rules that
 *     move them
 */
public record Extra(long learned, long paper, long held) {
  /** Nothing beside the base rule. */
  public static final Extra NONE = new Extra(0, 0, 0);

  /** Of an optimizer as it is now: before its first step there is nothing. */
  public static Extra of(Optimizer optimizer) {
    Extra sum = NONE;
    for (Parameter p : optimizer.parameters()) {
      sum = sum.plus(of(p, optimizer.rule(p.name()), optimizer.state(p.name())));
    }
    return sum;
  }

  private static Extra of(Parameter parameter, Rule rule, State state) {
    String key = key(rule);
    if (key.isEmpty() || !state.has(key)) {
      return NONE;
    }
    Tensor map = state.get(key);
    boolean kernel =
        rule instanceof Fop fop && fop.preconditioner(parameter).form() == Form.SPATIAL;
    long held =
        state.tensors().entrySet().stream()
            .filter(e -> !e.getKey().startsWith("base/"))
            .mapToLong(e -> e.getValue().count())
            .sum();
    return new Extra(map.count(), kernel ? map.extent(0) : map.count(), held);
  }

  /** Under which name a rule's state has what it learns. */
  private static String key(Rule rule) {
    return switch (rule) {
      case Fop _ -> "M";
      case Shd _ -> "s";
      case Pphd _ -> "p";
      default -> "";
    };
  }

  private Extra plus(Extra other) {
    return new Extra(learned + other.learned, paper + other.paper, held + other.held);
  }
}
