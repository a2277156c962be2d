package org.hypergrad.engine.op;

import java.util.List;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * One step of an optimizer on any number of parameters at once, in place. Inputs, for each part in
 * turn: theta, its gradient g, and those states that the rule has, in the order of their places;
 * all of one type and, within a part, of one shape. Theta and states change; there are no outputs.
 *
 * @param rule how an element changes
 * @param parts what differs between the parameters
 */
public record Descend(DescentRule rule, List<Part> parts) implements Op {
  /**
   * The numbers of one parameter's step.
   *
   * @param rate learning rate
   * @param a first factor; what it means the rule says
   * @param b second factor
   * @param c third factor
   */
  public record Part(double rate, double a, double b, double c) {}

  public Descend {
    parts = List.copyOf(parts);
  }

  /** Changes the thetas and states among {@code in}. */
  public void apply(Tensor... in) {
    Dispatch.run(this, in);
    for (int i = 0; i < in.length; i++) {
      if (i % stride() != 1) {
        in[i].changedInPlace();
      }
    }
  }

  /** Inputs of a part. */
  public int stride() {
    return 2 + rule.states();
  }

  @Override
  public String name() {
    return rule.name();
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.argument(
        name(),
        in.length == parts.size() * stride(),
        "number of inputs",
        in.length,
        parts.size() + " times theta, gradient and " + rule.states() + " states");
    Rules.floating(name(), in);
    for (int i = 0; i < in.length; i++) {
      Spec theta = in[i - i % stride()];
      Rules.shape(
          name(), in[i].equals(theta), "gradient or state does not fit", "theta's shape", in);
    }
    return new Spec[0];
  }
}
