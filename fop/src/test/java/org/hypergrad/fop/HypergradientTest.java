package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What moves M in a step is the derivative of the loss by the M that made the step before: by
 * central differences through the whole rule, and by the tape through the step written out.
 */
class HypergradientTest {
  private static final double EPS = 0.05;
  private static final double RHO = 0.1;
  private static final double DECAY = 0.1;

  /** A weight of some shape, its preconditioner, and a rule that is exact. */
  record Exact(String name, Fop rule, Preconditioner preconditioner, long... shape) {
    Fop fop() {
      return rule.hyper(new Sgd(RHO)).where(Selector.all(), preconditioner).seed(5);
    }

    Role role() {
      return shape.length == 4 ? Role.CONV_KERNEL : Role.DENSE_WEIGHT;
    }

    int count() {
      return (int) java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    @Override
    public String toString() {
      return name + ", " + preconditioner;
    }
  }

  static List<Exact> combinations() {
    Sgd sgd = new Sgd(EPS);
    Sgd momentum = sgd.momentum(0.9);
    Fop direction = Fop.over(momentum).preset(Preset.DIRECTION);
    List<Exact> all = new ArrayList<>();
    exact(all, "paper, sgd, previous M", Fop.over(sgd).hypergradientAt(HypergradientAt.PREVIOUS_M));
    exact(all, "paper, sgd, M first", Fop.over(sgd).order(Order.M_FIRST));
    exact(
        all,
        "paper, momentum, previous M",
        Fop.over(momentum).hypergradientAt(HypergradientAt.PREVIOUS_M));
    exact(all, "paper, momentum, M first", Fop.over(momentum).order(Order.M_FIRST));
    exact(
        all,
        "paper, norm",
        Fop.over(sgd).hypergradientAt(HypergradientAt.PREVIOUS_M).norm(Norm.EXACT));
    exact(all, "direction, momentum", direction);
    exact(all, "direction, norm", direction.norm(Norm.EXACT));
    exact(
        all,
        "direction, previous M",
        direction.order(Order.THETA_FIRST).hypergradientAt(HypergradientAt.PREVIOUS_M));
    exact(all, "direction, sgd", Fop.over(sgd).preset(Preset.DIRECTION));
    exact(all, "direction, nesterov", Fop.over(momentum.withNesterov()).preset(Preset.DIRECTION));
    exact(all, "direction, adam", Fop.over(new Adam(EPS)).preset(Preset.DIRECTION));
    exact(all, "direction, adamw", Fop.over(Adam.adamW(EPS, DECAY)).preset(Preset.DIRECTION));
    exact(all, "direction, rmsprop", Fop.over(new RmsProp(EPS)).preset(Preset.DIRECTION));
    return all;
  }

  private static void exact(List<Exact> all, String name, Fop rule) {
    all.add(new Exact(name, rule, Preconditioner.product(), 3));
    all.add(new Exact(name, rule, Preconditioner.product(), 3, 2));
    all.add(new Exact(name, rule, Preconditioner.lowRank(2).deviation(0.4), 4, 3));
    all.add(new Exact(name, rule, Preconditioner.spatial(), 2, 2, 2, 1));
  }

  /** A loss that is no quadratic: sum(x^4) / 4 + sum(x)^2 / 2. */
  private static Tensor loss(Tensor x) {
    return x.pow(4).sum().mul(0.25).add(x.sum().square().mul(0.5));
  }

  private static Tensor gradient(Tensor x) {
    return x.pow(3).add(x.sum());
  }

  /** Where a rule is after some steps, to go on from more than once. */
  private record Point(Exact exact, double[] theta, State state) {
    /** theta after one more step, had M been this. */
    double[] after(double[] m, State left) {
      state.tensors().forEach((path, t) -> left.putAt(path, t.copy()));
      state.counters().forEach(left::setCounterAt);
      left.get("M").assign(Tensor.of(m, left.get("M").shape().toArray()));
      try (Parameter p = Trial.EXACT.parameter("w", exact.role(), theta, exact.shape)) {
        Trial.step(exact.fop(), p, gradient(p.value()), left);
        return p.value().toDoubles();
      }
    }

    double lossAfter(double[] m) {
      try (State left = new State()) {
        return Scope.call(() -> loss(Tensor.of(after(m, left), exact.shape)).item());
      }
    }
  }

  private static Point start(Exact exact, State state) {
    double[] first = new Generator(3).uniform(-1, 1, exact.count()).toDoubles();
    try (Parameter p = Trial.EXACT.parameter("w", exact.role(), first, exact.shape)) {
      for (int i = 0; i < 3; i++) {
        Trial.step(exact.fop(), p, gradient(p.value()), state);
      }
      if (exact.rule.order() == Order.M_FIRST) {
        // So that the next step leaves M alone, and its theta is a function of the M given.
        exact.fop().skip(p, state);
      }
      return new Point(exact, p.value().toDoubles(), state);
    }
  }

  /** H as the rule has it: what moved M in the step after the one that M made. */
  private static double[] used(Point point, double[] m) {
    try (State state = new State()) {
      double[] theta = point.after(m, state);
      double[] before = state.get("M").toDoubles();
      Exact exact = point.exact;
      try (Parameter p = Trial.EXACT.parameter("w", exact.role(), theta, exact.shape)) {
        Trial.step(exact.fop(), p, gradient(p.value()), state);
      }
      double[] h = state.get("M").toDoubles();
      for (int i = 0; i < h.length; i++) {
        h[i] = (before[i] - h[i]) / RHO;
      }
      return h;
    }
  }

  private static double[] differences(Point point, double[] m) {
    double[] h = new double[m.length];
    double d = 1e-5;
    for (int i = 0; i < h.length; i++) {
      double[] up = m.clone();
      up[i] += d;
      double[] down = m.clone();
      down[i] -= d;
      h[i] = (point.lossAfter(up) - point.lossAfter(down)) / (2 * d);
    }
    return h;
  }

  /** The step written out: theta - eps (mu v + P g), or theta (1 - eps decay) - eps P u. */
  private static double[] taped(Point point, double[] m) {
    Exact exact = point.exact;
    Fop rule = exact.fop();
    try (State state = new State();
        Parameter p = Trial.EXACT.parameter("w", exact.role(), point.theta, exact.shape)) {
      point.after(m, state);
      Tensor factor = Tensor.of(m, state.get("M").shape().toArray()).requireGradient();
      Tensor theta = rule.seen(p, p.value().detach());
      Tensor u = rule.seen(p, state.get("previous"));
      Tensor velocity = point.state.child("base").get("velocity");
      boolean carried = rule.preset() == Preset.PAPER && velocity != null;
      return Tape.record(
              tape -> {
                Tensor product = factor.matmul(factor.transpose());
                long rows = factor.extent(0);
                Tensor whole =
                    exact.preconditioner.form() == Form.IDENTITY_PLUS_PRODUCT
                        ? product.add(FopMatrix.identity(rows, factor.dtype()))
                        : product;
                Tensor scaled =
                    rule.norm() == Norm.NONE
                        ? whole
                        : whole.mul(Math.sqrt(rows)).div(whole.square().sum().sqrt());
                Tensor direction = scaled.matmul(u);
                Tensor moved = carried ? direction.add(rule.seen(p, velocity).mul(0.9)) : direction;
                double kept = 1 - EPS * rule.base().decoupledDecay();
                return tape.backward(loss(theta.mul(kept).sub(moved.mul(EPS)))).of(factor);
              })
          .toDoubles();
    }
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void isTheDerivativeThroughTheStep(Exact exact) {
    Trial.EXACT.run(
        () -> {
          try (State state = new State()) {
            Point point = start(exact, state);
            double[] m = state.get("M").toDoubles();
            double[] used = used(point, m);
            double[] taped = taped(point, m);
            double[] differences = differences(point, m);
            for (int i = 0; i < used.length; i++) {
              assertEquals(taped[i], used[i], 1e-10 * (1 + Math.abs(taped[i])), "taped " + i);
              assertEquals(differences[i], used[i], 1e-7 * (1 + Math.abs(used[i])), "by FD " + i);
            }
            assertTrue(Math.abs(used[0]) > 1e-4, "a derivative to speak of");
          }
        });
  }

  /** The printed algorithm takes H at the M that has moved meanwhile: near, and not the same. */
  @Test
  void thePapersOwnIsOffByTheLastMove() {
    Trial.EXACT.run(
        () -> {
          Exact printed =
              new Exact("paper", Fop.over(new Sgd(EPS)), Preconditioner.product(), 3, 2);
          try (State state = new State()) {
            Point point = start(printed, state);
            double[] m = state.get("M").toDoubles();
            double[] used = used(point, m);
            double[] differences = differences(point, m);
            double apart = 0;
            double size = 0;
            for (int i = 0; i < used.length; i++) {
              apart += Math.pow(used[i] - differences[i], 2);
              size += Math.pow(differences[i], 2);
            }
            double relative = Math.sqrt(apart / size);
            assertTrue(relative > 1e-5 && relative < 0.2, "relative " + relative);
          }
        });
  }
}
