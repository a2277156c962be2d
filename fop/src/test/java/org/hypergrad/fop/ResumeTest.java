package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All that a rule remembers is in its state: from a copy of it, it goes on by the same bits. */
class ResumeTest {
  private static final Map<String, Rule> RULES = new LinkedHashMap<>();

  static {
    Sgd momentum = new Sgd(0.05).momentum(0.9);
    Fop fop = Fop.over(momentum).hyper(new Sgd(0.1)).seed(3);
    RULES.put("paper", fop);
    RULES.put("paper, adam on M", Fop.over(momentum));
    RULES.put("paper, momentum on M", fop.hyper(new Sgd(0.1).momentum(0.9)));
    RULES.put("paper around sgd", Fop.over(new Sgd(0.05)).hyper(new RmsProp(1e-3)));
    RULES.put("paper around adam", Fop.over(Adam.adamW(0.01, 0.1)).hyper(new Adam(1e-3)));
    RULES.put("M first", fop.order(Order.M_FIRST));
    RULES.put("previous M", fop.hypergradientAt(HypergradientAt.PREVIOUS_M));
    RULES.put("velocity", fop.velocity(0.9));
    RULES.put("norm", fop.norm(Norm.PLAIN));
    RULES.put("exact norm", fop.norm(Norm.EXACT));
    RULES.put("direction", fop.preset(Preset.DIRECTION));
    RULES.put("direction, theta first", fop.preset(Preset.DIRECTION).order(Order.THETA_FIRST));
    RULES.put("direction, adam", Fop.over(new Adam(0.01)).preset(Preset.DIRECTION));
    RULES.put("direction, nesterov", Fop.over(momentum.withNesterov()).preset(Preset.DIRECTION));
    RULES.put("low rank", fop.where(Selector.role(Role.DENSE_WEIGHT), Preconditioner.lowRank(2)));
    RULES.put("frozen", fop.where(Selector.all(), Preconditioner.lowRank(1).freeze()));
    RULES.put("none", fop.where(Selector.all(), Preconditioner.none()));
    Learning plain = Learning.PLAIN;
    RULES.put("without scale", fop.learning(plain.withoutScale()));
    RULES.put("every second step", fop.learning(plain.every(2)));
    RULES.put("every third step, velocity", fop.velocity(0.9).learning(plain.every(3)));
    RULES.put(
        "every second step, previous M",
        fop.hypergradientAt(HypergradientAt.PREVIOUS_M).learning(plain.every(2)));
    RULES.put("from the fourth step", fop.learning(plain.from(4)));
    RULES.put("clip", fop.learning(plain.clip(0.01)));
    RULES.put("cap", fop.learning(plain.cap(0.5)));
    RULES.put("convergence", fop.convergence(new Convergence(0.5, 2)));
    RULES.put("convergence, cap", fop.convergence(new Convergence(2, 2)).learning(plain.cap(0.5)));
    RULES.put("length", fop.keepLength());
    Learning all = plain.withoutScale().every(2).from(3).clip(0.1).cap(2);
    RULES.put("many", fop.preset(Preset.DIRECTION).keepLength().learning(all));
    RULES.put("shd, sparse", Shd.over(momentum).learning(plain.every(2).clip(1e-5)));
    RULES.put("pphd, sparse", Pphd.over(momentum).keepLength().learning(plain.every(2)));
    RULES.put("shd", Shd.over(momentum));
    RULES.put("shd, additive", Shd.over(momentum).additive(0.01).order(Order.M_FIRST));
    RULES.put("shd, multiplicative", Shd.over(momentum).multiplicative(0.01));
    RULES.put("shd, direction", Shd.over(new Adam(0.01)).preset(Preset.DIRECTION));
    RULES.put("pphd", Pphd.over(momentum));
    RULES.put("pphd, squared", Pphd.over(momentum).form(Pphd.Form.SQUARED).hyper(new Sgd(0.1)));
    RULES.put("pphd, direction", Pphd.over(momentum).preset(Preset.DIRECTION));
  }

  static List<String> names() {
    return List.copyOf(RULES.keySet());
  }

  /** A kernel; a dense weight of the same extents otherwise. */
  private record Weight(Role role, long... shape) {}

  private static final List<Weight> WEIGHTS =
      List.of(
          new Weight(Role.CONV_KERNEL, 4, 3, 3, 3),
          new Weight(Role.CONV_KERNEL, 4, 3, 1, 1),
          new Weight(Role.TRANSPOSED_CONV_KERNEL, 3, 4, 2, 3),
          new Weight(Role.DENSE_WEIGHT, 9, 12));

  private static Tensor random(Trial trial, Weight weight, int stream) {
    return new Generator(11, stream).normal(1, weight.shape).to(trial.dtype());
  }

  private static void steps(Trial trial, Rule rule, Parameter p, Weight w, State s, int a, int b) {
    for (int t = a; t < b; t++) {
      int stream = t;
      Scope.run(() -> Trial.step(rule, p, random(trial, w, stream), s));
    }
  }

  private static void check(Trial trial, Rule rule, Weight weight, int stop) {
    Tensor start = random(trial, weight, 0);
    try (Parameter whole = new Parameter("w", weight.role, start.copy());
        State state = new State();
        Parameter first = new Parameter("w", weight.role, start.copy());
        State left = new State();
        State copy = new State()) {
      steps(trial, rule, whole, weight, state, 1, 7);
      steps(trial, rule, first, weight, left, 1, stop);
      left.tensors().forEach((path, t) -> copy.putAt(path, t.copy()));
      left.counters().forEach(copy::setCounterAt);
      try (Parameter second = new Parameter("w", weight.role, first.value().copy())) {
        steps(trial, rule, second, weight, copy, stop, 7);
        assertBits(whole.value(), second.value(), "theta");
        assertTrue(Double.isFinite(second.value().norm().item()));
      }
      assertEquals(state.counters(), copy.counters());
      assertEquals(state.tensors().keySet(), copy.tensors().keySet());
      state.tensors().forEach((path, t) -> assertBits(t, copy.tensors().get(path), path));
    }
  }

  private static void assertBits(Tensor expected, Tensor actual, String what) {
    assertEquals(expected.spec(), actual.spec(), what);
    assertArrayEquals(expected.toDoubles(), actual.toDoubles(), what);
  }

  /** The third gradient in a row that is not finite is so after a resume too. */
  @Test
  void goesOnCountingGradientsThatAreNotFinite() {
    Trial trial = Trial.EXACT;
    trial.run(
        () -> {
          Rule rule = RULES.get("paper");
          Tensor bad = Tensor.full(Double.NaN, trial.dtype(), 9, 12);
          try (Parameter p =
                  new Parameter("w", Role.DENSE_WEIGHT, random(trial, WEIGHTS.get(3), 0));
              State state = new State();
              State copy = new State()) {
            Trial.step(rule, p, bad, state);
            Trial.step(rule, p, bad, state);
            state.tensors().forEach((path, t) -> copy.putAt(path, t.copy()));
            state.counters().forEach(copy::setCounterAt);
            assertThrows(FopException.class, () -> Trial.step(rule, p, bad, copy));
          }
        });
  }

  /** Stopped before M ever moved, right after, and later. */
  @ParameterizedTest
  @MethodSource("names")
  void goesOnByTheSameBits(String name) {
    Rule rule = RULES.get(name);
    for (Trial trial : Trial.all()) {
      for (Weight weight : WEIGHTS) {
        if (name.equals("frozen") && weight.role != Role.DENSE_WEIGHT) {
          continue; // I + M M^T is for dense weights.
        }
        for (int stop : new int[] {2, 3, 5}) {
          trial.run(() -> check(trial, rule, weight, stop));
        }
      }
    }
  }
}
