package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.Factor;
import org.hypergrad.engine.op.DescentRule;
import org.hypergrad.engine.op.PreconditionedDescend;

/** Steps of optimizers through learned maps, one parameter after another. */
final class PreconditionedDescents {
  private PreconditionedDescents() {}

  static Values descend(PreconditionedDescend op, Tensor[] in, Values[] x, Tensor out) {
    Values refused = Values.zeros(out.shape());
    for (int part = 0; part < refused.count(); part++) {
      refused.data()[part] = moves(op, in, x, part) ? 0 : 1;
    }
    return refused;
  }

  private static boolean moves(PreconditionedDescend op, Tensor[] in, Values[] x, int index) {
    PreconditionedDescend.Part part = op.parts().get(index);
    int first = index * op.stride();
    double[] theta = x[first].data();
    double[] g = x[first + 1].data().clone();
    double squares = 0;
    for (int i = 0; i < g.length; i++) {
      g[i] += op.keepsGradient() ? op.rule().weightDecay() * theta[i] : 0;
      squares += g[i] * g[i];
    }
    Factor factor = new Factor(op, in, index);
    int k = factor.size();
    double[] before = factor.map();
    boolean sound = !part.learns() || factor.move(products(g, x[first + 2].data(), k));
    double[] map = op.factorFirst() ? factor.map() : before;
    if (!sound || !Factor.reaches(squares, map)) {
      return false;
    }
    factor.store();
    if (op.keepsGradient()) {
      new Values(x[first + 2].shape(), g).store(in[first + 2]);
    }
    Values[] operands = new Values[2 + op.rule().states()];
    Tensor[] targets = new Tensor[operands.length];
    for (int i = 0; i < operands.length; i++) {
      int place = first + (i < 2 ? i : PreconditionedDescend.FIXED + i - 2);
      operands[i] = x[place];
      targets[i] = in[place];
    }
    operands[1] = new Values(x[first].shape(), mapped(g, map, k));
    DescentRule rule = op.rule().withoutWeightDecay();
    Descents.descend(rule, part.numbers(), targets, operands, 0);
    return true;
  }

  /** a^T b, of rows of k. */
  private static double[] products(double[] a, double[] b, int k) {
    double[] sums = new double[k * k];
    for (int i = 0; i < a.length; i++) {
      int row = i / k * k;
      for (int c = 0; c < k; c++) {
        sums[i % k * k + c] += a[i] * b[row + c];
      }
    }
    return sums;
  }

  private static double[] mapped(double[] g, double[] map, int k) {
    double[] result = new double[g.length];
    for (int i = 0; i < g.length; i++) {
      int row = i / k * k;
      for (int c = 0; c < k; c++) {
        result[i] += g[row + c] * map[c * k + i % k];
      }
    }
    return result;
  }
}
