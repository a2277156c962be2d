package org.hypergrad.engine.backend;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.DescentRule;
import org.hypergrad.engine.op.PreconditionedDescend;

/**
 * M of one part of {@link PreconditionedDescend} with the states of its rule, in the host's memory.
 * All of it is small and computed in double, rounded once.
 */
public final class Factor {
  private final PreconditionedDescend op;
  private final PreconditionedDescend.Part part;
  private final Tensor[] tensors;
  private final int size;
  private final double[] m;
  private final double[][] states;

  /**
   * Reads M and states.
   *
   * @param in the inputs of the op
   * @param index of the part
   */
  public Factor(PreconditionedDescend op, Tensor[] in, int index) {
    this.op = op;
    part = op.parts().get(index);
    tensors = new Tensor[1 + DescentRule.STATES];
    states = new double[DescentRule.STATES][];
    int first = index * op.stride();
    tensors[0] = in[first + 3];
    m = tensors[0].toDoubles();
    size = (int) tensors[0].extent(0);
    int next = first + PreconditionedDescend.FIXED + op.rule().states();
    for (int s = 0; s < states.length; s++) {
      if (op.factorRule().has(s)) {
        tensors[1 + s] = in[next++];
        states[s] = tensors[1 + s].toDoubles();
      }
    }
  }

  /** k. */
  public int size() {
    return size;
  }

  /** P = M M^T. */
  public double[] map() {
    double[] map = new double[size * size];
    for (int a = 0; a < size; a++) {
      for (int b = 0; b < size; b++) {
        for (int c = 0; c < size; c++) {
          map[a * size + b] += m[a * size + c] * m[b * size + c];
        }
      }
    }
    return map;
  }

  /** Whether no element of P and g P comes near an overflow; {@code squares} is |g|^2. */
  public static boolean reaches(double squares, double[] map) {
    double norm = 0;
    for (double p : map) {
      norm += p * p;
    }
    return Math.sqrt(1 + squares) * Math.sqrt(norm) < PreconditionedDescend.REACH;
  }

  /**
   * Moves M and the states; nothing is written yet.
   *
   * @param products g^T g' [k, k]
   * @return whether the next M is finite
   */
  public boolean move(double[] products) {
    double[] before = m.clone();
    double[] state = new double[states.length];
    boolean finite = true;
    for (int i = 0; i < m.length; i++) {
      for (int s = 0; s < state.length; s++) {
        state[s] = states[s] == null ? 0 : states[s][i];
      }
      double h = hypergradient(products, before, i / size, i % size);
      double next = op.factorRule().next(before[i], h, state, part.factorNumbers());
      m[i] = tensors[0].dtype() == DType.FLOAT32 ? (float) next : next;
      finite &= Double.isFinite(m[i]);
      for (int s = 0; s < state.length; s++) {
        if (states[s] != null) {
          states[s][i] = state[s];
        }
      }
    }
    return finite;
  }

  private double hypergradient(double[] products, double[] factor, int row, int column) {
    double sum = 0;
    for (int c = 0; c < size; c++) {
      sum += (products[row * size + c] + products[c * size + row]) * factor[c * size + column];
    }
    return -part.pull() * sum;
  }

  /** Writes M and states back. */
  public void store() {
    store(tensors[0], m);
    for (int s = 0; s < states.length; s++) {
      if (states[s] != null) {
        store(tensors[1 + s], states[s]);
      }
    }
  }

  /** Rows and columns may lie at any distance. */
  private void store(Tensor target, double[] values) {
    for (int i = 0; i < values.length; i++) {
      long at = target.offset() + i / size * target.stride(0) + i % size * target.stride(1);
      Elements.set(target.dtype(), target.segment(), at, values[i]);
    }
  }
}
