package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Options that the paper does not have, against the trajectories that options.py makes. */
class LearningTest {
  private static final JsonNode FIXTURE = Trial.resource("options.json");

  record Trajectory(JsonNode problem, JsonNode data) {
    JsonNode option(String name) {
      return data.get("option").path(name);
    }

    String form() {
      return problem.get("form").asText();
    }

    @Override
    public String toString() {
      return form() + " " + data.get("preset").asText() + " " + data.get("option");
    }
  }

  static List<Trajectory> trajectories() {
    List<Trajectory> all = new ArrayList<>();
    for (JsonNode problem : FIXTURE.get("problems")) {
      problem.get("trajectories").forEach(data -> all.add(new Trajectory(problem, data)));
    }
    return all;
  }

  private static Learning learning(Trajectory of) {
    Learning learning =
        Learning.PLAIN
            .every(of.option("every").asLong(1))
            .from(of.option("first").asLong(2))
            .clip(of.option("clip").asDouble(Double.POSITIVE_INFINITY))
            .cap(of.option("cap").asDouble(Double.POSITIVE_INFINITY));
    return of.option("scaleFree").asBoolean() ? learning.withoutScale() : learning;
  }

  private static Rule rule(Trajectory of) {
    Sgd base = new Sgd(FIXTURE.get("rate").asDouble()).momentum(FIXTURE.get("momentum").asDouble());
    String kind = of.option("hyper").asText("sgd");
    double rho = FIXTURE.get("rho").get(kind).asDouble();
    StandardRule hyper = kind.equals("adam") ? new Adam(rho) : new Sgd(rho);
    Preset preset = Preset.valueOf(of.data.get("preset").asText());
    boolean keeps = of.option("keepLength").asBoolean();
    if (of.form().equals("shd")) {
      return Shd.over(base).multiplier(hyper).preset(preset).learning(learning(of));
    }
    if (of.form().equals("pphd")) {
      Pphd rule = Pphd.over(base).hyper(hyper).preset(preset).learning(learning(of));
      return keeps ? rule.keepLength() : rule;
    }
    Preconditioner preconditioner =
        switch (of.form()) {
          case "product" -> Preconditioner.product();
          case "spatial" -> Preconditioner.spatial();
          default -> Preconditioner.lowRank(of.problem.get("factor").get(1).asLong());
        };
    Fop rule =
        Fop.over(base)
            .preset(preset)
            .hyper(hyper)
            .learning(learning(of))
            .where(Selector.all(), preconditioner);
    if (!of.option("limit").isMissingNode()) {
      return rule.convergence(
          new Convergence(of.option("limit").asDouble(), of.option("horizon").asDouble()));
    }
    return keeps ? rule.keepLength() : rule;
  }

  private static long[] extents(JsonNode shape) {
    return Arrays.stream(Trial.numbers(shape)).mapToLong(d -> (long) d).toArray();
  }

  @ParameterizedTest
  @MethodSource("trajectories")
  void followsNumpy(Trajectory expected) {
    Trial.all().forEach(trial -> trial.run(() -> follow(trial, expected)));
  }

  private static void follow(Trial trial, Trajectory expected) {
    Rule rule = rule(expected);
    JsonNode problem = expected.problem;
    long[] shape = extents(problem.get("shape"));
    Role role = shape.length == 4 ? Role.CONV_KERNEL : Role.DENSE_WEIGHT;
    String key = rule instanceof Fop ? "M" : rule instanceof Shd ? "s" : "p";
    try (Parameter p = trial.parameter("w", role, Trial.numbers(problem.get("theta")), shape);
        State state = new State()) {
      long[] factor = extents(problem.get("factor"));
      state.put(key, trial.tensor(Trial.numbers(problem.get("M")), factor));
      JsonNode points = expected.data.get("points");
      for (int t = 0; t < points.size(); t++) {
        double[] g = Trial.numbers(problem.get("gradients").get(t));
        for (JsonNode skipped : expected.option("skipped")) {
          g[1] = skipped.asInt() == t ? Double.NaN : g[1];
        }
        Trial.step(rule, p, trial.tensor(g, shape), state);
        String when = " after step " + (t + 1);
        JsonNode point = points.get(t);
        trial.assertNear(Trial.numbers(point.get("M")), state.get(key).toDoubles(), key + when);
        trial.assertNear(Trial.numbers(point.get("theta")), p.value().toDoubles(), "theta" + when);
      }
      assertEquals(expected.option("skipped").size(), state.counter("skipped"));
    }
  }

  @Test
  void everyCombinationIsThere() {
    assertEquals(2 * (3 * 16 + 10 + 11), trajectories().size());
  }

  /** For matrices at random, and then for one that turns into another step by step. */
  @Test
  void spectralNormIsTheLargestSingularValue() {
    for (JsonNode expected : FIXTURE.get("spectra")) {
      JsonNode rows = expected.get("M");
      double[] m = Trial.numbers(rows);
      double[] spectrum = Trial.numbers(expected.get("spectral"));
      long[] shape = {rows.size(), rows.get(0).size()};
      for (Trial trial : Trial.all()) {
        trial.run(
            () -> {
              try (State state = new State()) {
                Tensor tensor = trial.tensor(m, shape);
                trial.assertNear(
                    new double[] {spectrum[0]},
                    new double[] {SpectralNorm.of(tensor, state)},
                    "|M|_2");
              }
            });
      }
      Trial.EXACT.run(
          () -> {
            double[] ascending = Arrays.stream(spectrum).sorted().toArray();
            FopMatrix matrix = new FopMatrix(Form.PRODUCT, Trial.EXACT.tensor(m, shape), Norm.NONE);
            assertArrayEquals(ascending, matrix.singularValues(), 1e-12);
          });
    }
  }

  /** A direction of which the kept vector has nothing becomes the largest. */
  @Test
  void spectralNormFollowsAnotherDirection() {
    for (Trial trial : Trial.all()) {
      trial.run(
          () -> {
            try (State state = new State()) {
              Tensor one = trial.tensor(new double[] {2, 0, 0, 1}, 2, 2);
              for (int t = 0; t < 20; t++) {
                Scope.run(() -> assertEquals(2, SpectralNorm.of(one, state), 1e-6));
              }
              Tensor other = trial.tensor(new double[] {2, 0, 0, 3}, 2, 2);
              assertEquals(3, SpectralNorm.of(other, state), 1e-4);
              Tensor zero = trial.tensor(new double[4], 2, 2);
              assertEquals(0, SpectralNorm.of(zero, state));
              assertEquals(3, SpectralNorm.of(other, state), 1e-6);
            }
          });
    }
  }

  /** Nearly equal singular values: from below, and not far. */
  @Test
  void spectralNormIsNeverAbove() {
    Trial.EXACT.run(
        () -> {
          try (State state = new State()) {
            Tensor m = Trial.EXACT.tensor(new double[] {1, 0, 0, 0.999}, 2, 2);
            double norm = SpectralNorm.of(m, state);
            assertTrue(norm <= 1 && norm > 0.999, "norm " + norm);
          }
        });
  }
}
