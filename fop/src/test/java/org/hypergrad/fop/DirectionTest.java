package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** P on the base's direction, against the trajectories that direction.py makes with numpy. */
class DirectionTest {
  private static final JsonNode FIXTURE = Trial.resource("direction.json");

  record Trajectory(JsonNode problem, String name) {
    @Override
    public String toString() {
      return problem.get("form").asText() + " " + name;
    }
  }

  static List<Trajectory> trajectories() {
    List<Trajectory> all = new ArrayList<>();
    for (JsonNode problem : FIXTURE.get("problems")) {
      problem
          .get("trajectories")
          .fieldNames()
          .forEachRemaining(name -> all.add(new Trajectory(problem, name)));
    }
    return all;
  }

  private static Fop rule(Trajectory of) {
    String[] parts = of.name.split(" ");
    double rate = FIXTURE.get("rate").asDouble();
    StandardRule base =
        switch (parts[0]) {
          case "sgd" -> new Sgd(rate);
          case "momentum" -> new Sgd(rate).momentum(0.9);
          case "nesterov" -> new Sgd(rate).momentum(0.9).withNesterov();
          case "adam" -> new Adam(rate);
          case "rmsprop" -> new RmsProp(rate);
          default -> throw new IllegalStateException(of.name);
        };
    double rho = FIXTURE.get("rho").get(parts[1]).asDouble();
    Preconditioner preconditioner =
        switch (of.problem.get("form").asText()) {
          case "product" -> Preconditioner.product();
          case "spatial" -> Preconditioner.spatial();
          default -> Preconditioner.lowRank(of.problem.get("factor").get(1).asLong());
        };
    return Fop.over(base)
        .preset(Preset.DIRECTION)
        .order(Order.valueOf(parts[2]))
        .hyper(parts[1].equals("adam") ? new Adam(rho) : new Sgd(rho))
        .where(Selector.all(), preconditioner);
  }

  private static long[] extents(JsonNode shape) {
    return java.util.Arrays.stream(Trial.numbers(shape)).mapToLong(d -> (long) d).toArray();
  }

  @ParameterizedTest
  @MethodSource("trajectories")
  void followsNumpy(Trajectory expected) {
    Trial.all().forEach(trial -> trial.run(() -> follow(trial, expected)));
  }

  private static void follow(Trial trial, Trajectory expected) {
    Fop rule = rule(expected);
    JsonNode problem = expected.problem;
    long[] shape = extents(problem.get("shape"));
    Role role = shape.length == 4 ? Role.CONV_KERNEL : Role.DENSE_WEIGHT;
    double[] start = Trial.numbers(problem.get("theta"));
    try (Parameter p = trial.parameter("w", role, start, shape);
        State state = new State()) {
      double[] m = Trial.numbers(problem.get("M"));
      state.put("M", trial.tensor(m, extents(problem.get("factor"))));
      JsonNode points = problem.get("trajectories").get(expected.name);
      for (int t = 0; t < points.size(); t++) {
        double[] g = Trial.numbers(problem.get("gradients").get(t));
        Trial.step(rule, p, trial.tensor(g, shape), state);
        JsonNode point = points.get(t);
        String when = " after step " + (t + 1);
        trial.assertNear(Trial.numbers(point.get("theta")), p.value().toDoubles(), "theta" + when);
        trial.assertNear(Trial.numbers(point.get("M")), state.get("M").toDoubles(), "M" + when);
      }
    }
  }

  @Test
  void everyCombinationIsThere() {
    assertEquals(3 * 5 * 2 * 2, trajectories().size());
  }
}
