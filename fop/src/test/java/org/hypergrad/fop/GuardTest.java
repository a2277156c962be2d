package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a runaway step does: nothing, but to say so. What a gradient does that is not finite:
 * nothing, but to be counted. And what a step without a gradient forgets.
 */
class GuardTest {
  private static final Sgd BASE = new Sgd(0.1).momentum(0.9);
  private static final double[] START = {1, 2, 3, 4, 5, 6};

  /** Rules under which M moves by plain descent. */
  static List<Rule> rules() {
    Fop fop = Fop.over(BASE).hyper(new Sgd(1));
    return List.of(
        fop,
        fop.preset(Preset.DIRECTION),
        fop.order(Order.M_FIRST),
        fop.norm(Norm.EXACT),
        fop.where(Selector.all(), Preconditioner.product()),
        Shd.over(BASE).additive(1),
        Shd.over(BASE).multiplier(new Adam(0.1)).order(Order.M_FIRST),
        Pphd.over(BASE).hyper(new Sgd(1)));
  }

  private static String key(Rule rule) {
    return rule instanceof Fop ? "M" : rule instanceof Shd ? "s" : "p";
  }

  private static List<Trial> floats() {
    return Trial.all().subList(1, 3);
  }

  private static Tensor same(Trial trial, double value) {
    double[] values = new double[6];
    java.util.Arrays.fill(values, value);
    values[0] = -value / 2;
    return trial.tensor(values, 3, 2);
  }

  private static Map<String, List<Double>> content(Parameter p, State state) {
    Map<String, List<Double>> content = new TreeMap<>();
    content.put("theta", java.util.Arrays.stream(p.value().toDoubles()).boxed().toList());
    state
        .tensors()
        .forEach(
            (path, t) ->
                content.put(path, java.util.Arrays.stream(t.toDoubles()).boxed().toList()));
    return content;
  }

  /** |g| |g'| overflows float32, though each gradient is finite. */
  @ParameterizedTest
  @MethodSource("rules")
  void stopsBeforeAnythingMoves(Rule rule) {
    for (Trial trial : floats()) {
      trial.run(
          () -> {
            try (Parameter p = trial.parameter("fc1.weight", Role.DENSE_WEIGHT, START, 3, 2);
                State state = new State()) {
              Trial.step(rule, p, same(trial, 1e15), state);
              Map<String, List<Double>> before = content(p, state);
              FopException e =
                  assertThrows(
                      FopException.class, () -> Trial.step(rule, p, same(trial, 1e25), state));
              assertEquals("fc1.weight", e.parameter());
              assertEquals(2, e.step());
              assertFalse(e.growth() < 1e30, "growth " + e.growth());
              assertTrue(e.getMessage().contains("fc1.weight, step 2"), e.getMessage());
              assertTrue(e.hint().contains("rate of " + key(rule)), e.hint());
              assertEquals(before, content(p, state));
              assertEquals(1, state.counter("step"));
              assertEquals(0, state.counter("skipped"));
            }
          });
    }
  }

  private static Tensor spoilt(Trial trial, double bad) {
    return trial.tensor(new double[] {0.1, 0.2, 0.3, bad, 0.5, 0.6}, 3, 2);
  }

  /** All but what the next H would take over the gap stays; M rests for one step more. */
  @ParameterizedTest
  @MethodSource("rules")
  void passesOverAGradientThatIsNotFinite(Rule rule) {
    for (Trial trial : Trial.all()) {
      for (double bad : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
        trial.run(
            () -> {
              try (Parameter p = trial.parameter("w", Role.DENSE_WEIGHT, START, 3, 2);
                  State state = new State()) {
                Trial.step(rule, p, same(trial, 0.1), state);
                Trial.step(rule, p, same(trial, 0.2), state);
                Map<String, List<Double>> before = content(p, state);
                for (int skipped = 1; skipped <= 2; skipped++) {
                  Trial.step(rule, p, spoilt(trial, bad), state);
                  before.remove("previous");
                  assertEquals(before, content(p, state));
                  assertEquals(2, state.counter("step"));
                  assertEquals(skipped, state.counter("skipped"));
                }
                Trial.step(rule, p, same(trial, 0.1), state);
                List<Double> learned = before.get(key(rule));
                assertEquals(learned, content(p, state).get(key(rule)), "over a gap");
                assertFalse(before.get("theta").equals(content(p, state).get("theta")));
                Trial.step(rule, p, same(trial, 0.1), state);
                assertFalse(learned.equals(content(p, state).get(key(rule))));
              }
            });
      }
    }
  }

  /** As in the first step, and with a P that does not learn, and without one. */
  @ParameterizedTest
  @MethodSource("rules")
  void passesOverAFirstGradientThatIsNotFinite(Rule rule) {
    List<Rule> all = new java.util.ArrayList<>(List.of(rule));
    if (rule instanceof Fop fop) {
      all.add(Fop.over(BASE).where(Selector.all(), Preconditioner.lowRank(2).freeze()));
      all.add(Fop.over(BASE).where(Selector.all(), Preconditioner.none()));
      all.add(fop.learning(Learning.PLAIN.from(10)));
    }
    for (Trial trial : Trial.all()) {
      for (Rule each : all) {
        trial.run(
            () -> {
              try (Parameter p = trial.parameter("w", Role.DENSE_WEIGHT, START, 3, 2);
                  State state = new State()) {
                Trial.step(each, p, spoilt(trial, Double.NaN), state);
                assertArrayEquals(START, p.value().toDoubles());
                assertFalse(state.has("previous"));
                assertEquals(1, state.counter("skipped"));
                assertEquals(List.of(), List.copyOf(state.child("base").tensors().keySet()));
              }
            });
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void stopsAtTheThirdInARow(Rule rule) {
    Trial trial = floats().get(1);
    trial.run(
        () -> {
          try (Parameter p = trial.parameter("w", Role.DENSE_WEIGHT, START, 3, 2);
              State state = new State()) {
            for (int again = 0; again < 2; again++) {
              Trial.step(rule, p, spoilt(trial, Double.NaN), state);
              Trial.step(rule, p, spoilt(trial, Double.NaN), state);
              Trial.step(rule, p, same(trial, 0.1), state);
            }
            double[] theta = p.value().toDoubles();
            Trial.step(rule, p, spoilt(trial, Double.NaN), state);
            Trial.step(rule, p, spoilt(trial, Double.NaN), state);
            FopException e =
                assertThrows(
                    FopException.class,
                    () -> Trial.step(rule, p, spoilt(trial, Double.NaN), state));
            assertEquals("gradient is not finite, 3 times in a row", e.problem());
            assertEquals("w", e.parameter());
            assertEquals(3, e.step());
            assertTrue(Double.isNaN(e.growth()));
            assertEquals(7, state.counter("skipped"));
            assertArrayEquals(theta, p.value().toDoubles());
          }
        });
  }

  /** A norm that overflows is not a gradient that does. */
  @Test
  void largeIsNotInfinite() {
    for (Trial trial : floats()) {
      trial.run(
          () -> {
            Fop rule = Fop.over(new Sgd(1e-3));
            double[] large = {3e38, 3e38, 3e38, 3e38, 3e38, 3e38};
            try (Parameter p = trial.parameter("w", Role.DENSE_WEIGHT, START, 3, 2);
                State state = new State()) {
              Trial.step(
                  rule.where(Selector.all(), Preconditioner.none()),
                  p,
                  trial.tensor(large, 3, 2),
                  state);
              assertEquals(0, state.counter("skipped"));
              assertEquals(-3e35, p.value().get(2, 1), 1e30);
            }
          });
    }
  }

  /** P u may overflow where neither M nor the gradient does. */
  @Test
  void refusesAStepThatIsNotFinite() {
    for (Trial trial : floats()) {
      trial.run(
          () -> {
            Fop rule = Fop.over(BASE).where(Selector.all(), Preconditioner.product());
            try (Parameter p = trial.parameter("w", Role.DENSE_WEIGHT, START, 3, 2);
                State state = new State()) {
              state.put("M", trial.tensor(new double[] {1e15, 0, 0, 0, 1, 0, 0, 0, 1}, 3, 3));
              FopException e =
                  assertThrows(
                      FopException.class, () -> Trial.step(rule, p, same(trial, 1e10), state));
              assertEquals("step is not finite", e.problem());
              assertArrayEquals(START, p.value().toDoubles());
            }
          });
    }
  }

  @Test
  void refusesAnMThatIsNotFinite() {
    Fop rule = Fop.over(BASE).hyper(new Sgd(1e30));
    for (Trial trial : floats()) {
      trial.run(
          () -> {
            try (Parameter p = trial.parameter("w", Role.DENSE_WEIGHT, START, 3, 2);
                State state = new State()) {
              Trial.step(rule, p, same(trial, 1e6), state);
              Map<String, List<Double>> before = content(p, state);
              FopException e =
                  assertThrows(
                      FopException.class, () -> Trial.step(rule, p, same(trial, 1e6), state));
              assertEquals("M is not finite", e.problem());
              assertEquals(before, content(p, state));
            }
          });
    }
  }

  @Test
  void saysWhatAndWhere() {
    Trial.EXACT.run(
        () -> {
          Fop rule = Fop.over(new Sgd(0.5)).hyper(new Sgd(0.25));
          try (Parameter p = Trial.EXACT.parameter("w", Role.DENSE_WEIGHT, START, 3, 2);
              State state = new State()) {
            Tensor g = Trial.EXACT.tensor(new double[] {1e160, 0, 0, 0, 0, 0}, 3, 2);
            Tensor h = Trial.EXACT.tensor(new double[] {1e153, 0, 0, 0, 0, 0}, 3, 2);
            Trial.step(rule, p, h, state);
            FopException e = assertThrows(FopException.class, () -> Trial.step(rule, p, g, state));
            assertEquals(
                "fop: hypergradient is not finite; got parameter w, step 2, |hypergradient|"
                    + " Infinity, |g| Infinity, |g'| 1.00e+153, rate eps 0.500, rate of M rho"
                    + " 0.250, 2 rho eps |g| |g'| = Infinity; expected finite values; under plain"
                    + " descent, 2 rho eps |g| |g'| < 1; hint: lower the learning rate, or the rate"
                    + " of M, or its rank or deviation",
                e.getMessage());
          }
        });
  }

  @Test
  void saysWhatToChangeIfTheLossDiverges() {
    Sgd base = new Sgd(0.1);
    assertEquals(
        "a learning rate below 0.1, or a rate of M below 0.5, or a smaller rank or first M",
        Fop.over(base).hyper(new Sgd(0.5)).remedy());
    assertEquals(
        "a learning rate below 0.1, or a rate of s below 0.02",
        Shd.over(base).additive(0.02).remedy());
    assertEquals(
        "a learning rate below 0.1, or a rate of p below 0.5",
        Pphd.over(base).hyper(new Adam(0.5)).remedy());
  }

  /** After a step without a gradient, H would pair gradients that are two steps apart. */
  @ParameterizedTest
  @MethodSource("rules")
  void aStepWithoutAGradientDropsTheLastOne(Rule rule) {
    Device device = Device.cpu();
    Trial trial = floats().get(1);
    trial.run(
        () -> {
          try (Parameter p = trial.parameter("w", Role.DENSE_WEIGHT, START, 3, 2);
              Optimizer optimizer = Optimizer.of(rule, List.of(p))) {
            assertEquals(device, p.value().device());
            State state = optimizer.state("w");
            String key = key(rule);
            Gradients some = Gradients.of(Map.of(p.value(), same(trial, 0.3)));
            optimizer.step(some);
            optimizer.step(some);
            double[] theta = p.value().toDoubles();
            double[] learned = state.get(key).toDoubles();
            optimizer.step(Gradients.of(Map.of()));
            assertArrayEquals(theta, p.value().toDoubles());
            optimizer.step(some);
            assertArrayEquals(learned, state.get(key).toDoubles(), "M after a gap");
            optimizer.step(some);
            assertFalse(java.util.Arrays.equals(learned, state.get(key).toDoubles()));
          }
        });
  }

  /** A gradient of zeros, as of a layer that is dead, is no runaway. */
  @ParameterizedTest
  @MethodSource("rules")
  void zerosAreFine(Rule rule) {
    for (Trial trial : Trial.all()) {
      trial.run(
          () -> {
            try (Parameter p = trial.parameter("w", Role.DENSE_WEIGHT, START, 3, 2);
                State state = new State()) {
              for (int t = 0; t < 3; t++) {
                Trial.step(rule, p, same(trial, 0), state);
              }
              assertArrayEquals(START, p.value().toDoubles());
            }
          });
    }
  }
}
