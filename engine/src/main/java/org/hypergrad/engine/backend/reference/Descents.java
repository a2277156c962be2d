package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/** Steps of optimizers, one element after another. */
final class Descents {
  private Descents() {}

  static void descend(Descend op, Tensor[] in, Values[] x) {
    for (int part = 0; part < op.parts().size(); part++) {
      descend(op.rule(), op.parts().get(part), in, x, part * op.stride());
    }
  }

  /** One part, whose inputs begin at {@code first}. */
  static void descend(DescentRule rule, Descend.Part part, Tensor[] in, Values[] x, int first) {
    int[] at = new int[DescentRule.STATES];
    int next = first + 2;
    for (int s = 0; s < at.length; s++) {
      at[s] = rule.has(s) ? next++ : -1;
    }
    double[] states = new double[DescentRule.STATES];
    double[] theta = x[first].data();
    for (int i = 0; i < theta.length; i++) {
      for (int s = 0; s < at.length; s++) {
        states[s] = at[s] < 0 ? 0 : x[at[s]].data()[i];
      }
      theta[i] = rule.next(theta[i], x[first + 1].data()[i], states, part);
      for (int s = 0; s < at.length; s++) {
        if (at[s] >= 0) {
          x[at[s]].data()[i] = states[s];
        }
      }
    }
    for (int i = first; i < next; i++) {
      if (i != first + 1) {
        x[i].store(in[i]);
      }
    }
  }
}
