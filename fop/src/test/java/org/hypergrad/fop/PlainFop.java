package org.hypergrad.fop;

import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.StandardRule;

/**
 * One parameter under FOP, written out in double with P and S formed in full: what the method is,
 * however it is computed. The parameter is the matrix that P sees.
 */
final class PlainFop {
  private final Fop fop;
  private final Form form;
  private final StandardRule hyper;
  private final Rule base;
  private final Rule mover;

  double[][] theta;
  double[][] m;
  private double[][] previous;
  private double[][] previousM;
  private double previousRate;
  private double[] top;
  private long done;

  PlainFop(Fop fop, Form form, StandardRule hyper, double[][] theta, double[][] m) {
    this.fop = fop;
    this.form = form;
    this.hyper = hyper;
    this.theta = theta;
    this.m = m;
    this.base = new Rule(fop.base());
    this.mover = new Rule(hyper);
  }

  /** A step without a gradient, or with one that is not finite. */
  void skip() {
    previous = null;
  }

  void step(double[][] gradient, double rate) {
    Learning learning = fop.learning();
    double[][] g = add(gradient, fop.base().weightDecay(), theta);
    long number = done + 1;
    double[][] next = m;
    if (previous != null && moves(number)) {
      double[][] made = fop.at() == HypergradientAt.PREVIOUS_M ? previousM : m;
      double scale = learning.scaleFree() ? 1 / (norm(g) * norm(previous)) : previousRate;
      double[][] h = times(-scale, slope(made, g, previous));
      next = limited(add(m, -hyper.rate(), mover.direction(h)));
    }
    double[][] old = m;
    if (fop.order() == Order.M_FIRST) {
      m = next;
    }
    double[][] u = fop.preset() == Preset.PAPER ? g : base.direction(g);
    double[][] mapped = sized(u);
    double[][] d = fop.preset() == Preset.PAPER ? base.direction(mapped) : mapped;
    theta = add(times(1 - rate * fop.base().decoupledDecay(), theta), -rate, d);
    if (fop.velocity() > 0 && previous != null) {
      previous = add(u, fop.velocity(), previous);
    } else {
      previous = fop.velocity() > 0 || moves(number + 1) ? u : null;
    }
    previousM = old;
    previousRate = rate;
    m = next;
    done++;
  }

  private boolean moves(long number) {
    Learning learning = fop.learning();
    return number >= learning.first() && (number - learning.first()) % learning.every() == 0;
  }

  /** P [m, m]. */
  private double[][] p(double[][] factor) {
    double[][] p = product(factor, transposed(factor));
    for (int i = 0; i < p.length && form == Form.IDENTITY_PLUS_PRODUCT; i++) {
      p[i][i]++;
    }
    return p;
  }

  /** S M, or with the derivative through the norm. */
  private double[][] slope(double[][] factor, double[][] g, double[][] u) {
    double[][] s = add(product(g, transposed(u)), 1, product(u, transposed(g)));
    if (fop.norm() != Norm.EXACT) {
      return product(s, factor);
    }
    double[][] p = p(factor);
    double size = norm(p);
    double inner = 0;
    for (int i = 0; i < p.length; i++) {
      for (int j = 0; j < p.length; j++) {
        inner += s[i][j] * p[i][j];
      }
    }
    double[][] projected = add(s, -inner / (size * size), p);
    return times(Math.sqrt(p.length) / size, product(projected, factor));
  }

  private double[][] sized(double[][] u) {
    double[][] p = p(m);
    double[][] mapped = product(p, u);
    if (fop.norm() != Norm.NONE) {
      mapped = times(Math.sqrt(p.length) / norm(p), mapped);
    }
    if (fop.keepsLength()) {
      mapped = times(norm(u) / norm(mapped), mapped);
    }
    if (fop.convergence().isPresent()) {
      double square = Math.pow(spectral(m), 2);
      double size = form == Form.IDENTITY_PLUS_PRODUCT ? 1 + square : square;
      double delta = Math.pow(1 + done / fop.convergence().get().horizon(), -2);
      double gamma = delta * size + (1 - delta) * fop.convergence().get().limit();
      mapped = times(gamma / size, mapped);
    }
    return mapped;
  }

  private double[][] limited(double[][] next) {
    double longest = fop.learning().clip() * norm(m);
    double[][] change = add(next, -1, m);
    double[][] near = norm(change) <= longest ? next : add(m, longest / norm(change), change);
    if (fop.learning().cap() == Double.POSITIVE_INFINITY) {
      return near;
    }
    double size = spectral(near);
    return size * size <= fop.learning().cap()
        ? near
        : times(Math.sqrt(fop.learning().cap()) / size, near);
  }

  /** Power iteration, 16 times, from the last vector and a tenth of (1, 1/2, 1/3, ...). */
  private double spectral(double[][] x) {
    double[] v = top == null ? new double[x[0].length] : top;
    for (int j = 0; j < v.length; j++) {
      v[j] += 0.1 / (j + 1);
    }
    double[][] column = transposed(new double[][] {v});
    for (int i = 0; i < 16; i++) {
      column = product(transposed(x), product(x, column));
      column = times(1 / norm(column), column);
    }
    top = transposed(column)[0];
    return norm(product(x, column));
  }

  /** Directions of the base rules, element by element. */
  private static final class Rule {
    private final StandardRule of;
    private double[][] first;
    private double[][] second;
    private int t;

    Rule(StandardRule of) {
      this.of = of;
    }

    double[][] direction(double[][] g) {
      first = first == null ? times(0, g) : first;
      second = second == null ? times(0, g) : second;
      t++;
      double[][] d = times(1, g);
      for (int i = 0; i < g.length; i++) {
        for (int j = 0; j < g[0].length; j++) {
          d[i][j] = element(g[i][j], i, j);
        }
      }
      return d;
    }

    private double element(double g, int i, int j) {
      return switch (of) {
        case Sgd sgd -> {
          first[i][j] = sgd.momentum() * first[i][j] + g;
          yield sgd.nesterov() ? g + sgd.momentum() * first[i][j] : first[i][j];
        }
        case RmsProp _ -> {
          second[i][j] = 0.99 * second[i][j] + 0.01 * g * g;
          yield g / (Math.sqrt(second[i][j]) + 1e-8);
        }
        case Adam _ -> {
          first[i][j] = 0.9 * first[i][j] + 0.1 * g;
          second[i][j] = 0.999 * second[i][j] + 0.001 * g * g;
          double mean = first[i][j] / (1 - Math.pow(0.9, t));
          yield mean / (Math.sqrt(second[i][j] / (1 - Math.pow(0.999, t))) + 1e-8);
        }
        default -> throw new IllegalArgumentException(of.toString());
      };
    }
  }

  private static double[][] product(double[][] a, double[][] b) {
    double[][] c = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b[0].length; j++) {
        for (int k = 0; k < b.length; k++) {
          c[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return c;
  }

  private static double[][] transposed(double[][] a) {
    double[][] b = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        b[j][i] = a[i][j];
      }
    }
    return b;
  }

  /** a + factor b. */
  private static double[][] add(double[][] a, double factor, double[][] b) {
    double[][] c = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        c[i][j] = a[i][j] + factor * b[i][j];
      }
    }
    return c;
  }

  private static double[][] times(double factor, double[][] a) {
    return add(new double[a.length][a[0].length], factor, a);
  }

  private static double norm(double[][] a) {
    double sum = 0;
    for (double[] row : a) {
      for (double x : row) {
        sum += x * x;
      }
    }
    return Math.sqrt(sum);
  }
}
