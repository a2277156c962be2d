package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Tensor;
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

/** Every trajectory of fop_vectors.json, whose {@code about} says how each was made. */
class VectorsTest {
  private static final JsonNode FIXTURE = Trial.resource("fop_vectors.json");

  /** A trajectory of one case: {@code group} is variants, shd or pphd. */
  record Trajectory(JsonNode problem, String group, String name) {
    JsonNode data() {
      return problem.get(group).get(name);
    }

    boolean isKernel() {
      return problem.get("theta_shape").size() == 4;
    }

    long[] shape() {
      long[] shape = new long[problem.get("theta_shape").size()];
      for (int i = 0; i < shape.length; i++) {
        shape[i] = problem.get("theta_shape").get(i).asLong();
      }
      // Height, width, inputs, outputs there; outputs, inputs, height, width here.
      return isKernel() ? new long[] {shape[3], shape[2], shape[0], shape[1]} : shape;
    }

    /** The numbers of a matrix [m, n] of the fixture in the parameter's order. */
    double[] values(JsonNode matrix) {
      double[] flat = Trial.numbers(matrix);
      if (!isKernel()) {
        return flat;
      }
      long[] shape = shape();
      double[] kernel = new double[flat.length];
      int at = 0;
      for (int o = 0; o < shape[0]; o++) {
        for (int i = 0; i < shape[1]; i++) {
          for (int position = 0; position < shape[2] * shape[3]; position++) {
            kernel[at++] = matrix.get(position).get((int) (i * shape[0] + o)).asDouble();
          }
        }
      }
      return kernel;
    }

    @Override
    public String toString() {
      return problem.get("name").asText() + " " + group + " " + name;
    }
  }

  static List<Trajectory> trajectories(String group) {
    List<Trajectory> all = new ArrayList<>();
    for (JsonNode problem : FIXTURE.get("cases")) {
      if (problem.has(group)) {
        problem
            .get(group)
            .fieldNames()
            .forEachRemaining(name -> all.add(new Trajectory(problem, group, name)));
      }
    }
    return all;
  }

  static List<Trajectory> fop() {
    return trajectories("variants");
  }

  static List<Trajectory> shd() {
    return trajectories("shd");
  }

  static List<Trajectory> pphd() {
    return trajectories("pphd");
  }

  private static Fop rule(Trajectory of) {
    JsonNode settings = of.data().get("settings");
    double eps = settings.get("eps").asDouble();
    double rho = settings.get("rho").asDouble();
    StandardRule base =
        switch (settings.path("base").asText("sgd")) {
          case "momentum" -> new Sgd(eps).momentum(settings.get("alpha").asDouble());
          case "adam" -> new Adam(eps);
          default -> new Sgd(eps);
        };
    Preconditioner preconditioner =
        of.isKernel()
            ? Preconditioner.spatial()
            : settings.get("identity").asBoolean()
                ? Preconditioner.lowRank(of.problem.get("rank").asLong())
                : Preconditioner.product();
    Fop rule =
        Fop.over(base)
            .hyper(settings.has("mopt") ? new Adam(rho) : new Sgd(rho))
            .where(Selector.all(), preconditioner);
    rule =
        switch (settings.path("norm").asText()) {
          case "plain" -> rule.norm(Norm.PLAIN);
          case "exact" -> rule.norm(Norm.EXACT);
          default -> rule;
        };
    rule = settings.has("order") ? rule.order(Order.M_FIRST) : rule;
    rule = settings.has("Mat") ? rule.hypergradientAt(HypergradientAt.PREVIOUS_M) : rule;
    return settings.has("prev") ? rule.velocity(settings.get("alpha").asDouble()) : rule;
  }

  private static Role role(Trajectory of) {
    return of.isKernel() ? Role.CONV_KERNEL : Role.DENSE_WEIGHT;
  }

  @ParameterizedTest
  @MethodSource
  void fop(Trajectory expected) {
    Trial.all().forEach(trial -> trial.run(() -> followFop(trial, expected)));
  }

  private static void followFop(Trial trial, Trajectory expected) {
    Fop rule = rule(expected);
    JsonNode data = expected.data();
    double[] start = expected.values(data.get("theta").get(0));
    try (Parameter p = trial.parameter("w", role(expected), start, expected.shape());
        State state = new State()) {
      JsonNode m0 = data.get("M").get(0);
      state.put("M", trial.tensor(Trial.numbers(m0), m0.size(), m0.get(0).size()));
      Learning learning = new Learning(trial, state, "M", rule.hyper(rule.preconditioner(p)).get());
      Tensor before = state.get("M").copy();
      for (int t = 1; t < data.get("theta").size(); t++) {
        double[] values = expected.values(expected.problem.get("gradients").get(t - 1));
        Tensor g = trial.tensor(values, expected.shape());
        Tensor made = rule.at() == HypergradientAt.PREVIOUS_M ? before : state.get("M");
        Tensor h = t == 1 ? null : hypergradient(rule, p, made, g, state);
        before = state.get("M").copy();
        learning.before();
        Trial.step(rule, p, g, state);
        String when = " after step " + t;
        trial.assertNear(
            expected.values(data.get("theta").get(t)), p.value().toDoubles(), "theta" + when);
        trial.assertNear(
            Trial.numbers(data.get("M").get(t)), state.get("M").toDoubles(), "M" + when);
        if (t > 1) {
          double[] right = Trial.numbers(data.get("H").get(t - 2));
          trial.assertNear(right, h.toDoubles(), "H" + when);
          learning.check(right, "H that moved M" + when);
        }
        Tensor acting = rule.order() == Order.M_FIRST ? state.get("M") : before;
        Tensor pg = new FopMatrix(form(rule, p), acting, rule.norm()).precondition(rule.seen(p, g));
        double[] actual = rule.preconditioner(p).restore(pg, p.value().shape()).toDoubles();
        trial.assertNear(expected.values(data.get("Pg").get(t - 1)), actual, "Pg" + when);
        checkBase(trial, expected, state, t);
      }
    }
  }

  private static Preconditioner.Form form(Fop rule, Parameter p) {
    return rule.preconditioner(p).form();
  }

  private static Tensor hypergradient(Fop rule, Parameter p, Tensor m, Tensor g, State state) {
    Tensor cached = rule.seen(p, state.get("previous"));
    return new FopMatrix(form(rule, p), m, rule.norm())
        .hypergradient(rule.seen(p, g), cached, rule.rate());
  }

  private static void checkBase(Trial trial, Trajectory expected, State state, int t) {
    String[][] pairs = {{"v", "velocity"}, {"adam_m", "mean"}, {"adam_v", "square"}};
    for (String[] pair : pairs) {
      if (expected.data().has(pair[0])) {
        trial.assertNear(
            expected.values(expected.data().get(pair[0]).get(t)),
            state.child("base").get(pair[1]).toDoubles(),
            pair[0] + " after step " + t);
      }
    }
  }

  /**
   * What moved a learned tensor in a step, worked out from what the step did: its change, or that
   * of Adam's mean. In float64 alone, for rounding grows by it.
   */
  private static final class Learning {
    private final Trial trial;
    private final State state;
    private final String key;
    private final StandardRule hyper;
    private double[] learned;
    private double[] mean;

    Learning(Trial trial, State state, String key, StandardRule hyper) {
      this.trial = trial;
      this.state = state;
      this.key = key;
      this.hyper = hyper;
    }

    private double[] mean(int length) {
      Tensor now = state.child("hyper").get("mean");
      return now == null ? new double[length] : now.toDoubles();
    }

    void before() {
      if (state.has(key)) {
        learned = state.get(key).toDoubles();
        mean = mean(learned.length);
      }
    }

    void check(double[] expected, String what) {
      if (trial.dtype() != DType.FLOAT64) {
        return;
      }
      double[] now = hyper instanceof Adam ? mean(learned.length) : state.get(key).toDoubles();
      double[] h = new double[learned.length];
      for (int i = 0; i < h.length; i++) {
        h[i] =
            hyper instanceof Adam
                ? (now[i] - 0.9 * mean[i]) / 0.1
                : (learned[i] - now[i]) / hyper.rate();
      }
      trial.assertNear(expected, h, what);
    }
  }

  private static Shd shdRule(Trajectory of) {
    double beta = of.data().get("beta").asDouble();
    Shd rule = Shd.over(new Sgd(of.data().get("eps").asDouble())).on(Selector.all());
    return switch (of.name) {
      case "additive" -> rule.additive(beta);
      case "additive_baydin_order" -> rule.additive(beta).order(Order.M_FIRST);
      case "multiplicative" -> rule.multiplicative(beta);
      case "multiplier_adam" -> rule.multiplier(new Adam(beta));
      default -> throw new IllegalStateException(of.name);
    };
  }

  @ParameterizedTest
  @MethodSource
  void shd(Trajectory expected) {
    Shd rule = shdRule(expected);
    Trial.all().forEach(t -> t.run(() -> follow(t, expected, rule, "s", rule.hyper())));
  }

  private static Pphd pphdRule(Trajectory of) {
    double rho = of.data().get("rho").asDouble();
    Pphd rule = Pphd.over(new Sgd(of.data().get("eps").asDouble())).on(Selector.all());
    rule = of.name.startsWith("msq") ? rule.form(Pphd.Form.SQUARED) : rule;
    return rule.hyper(of.name.endsWith("adam") ? new Adam(rho) : new Sgd(rho));
  }

  @ParameterizedTest
  @MethodSource
  void pphd(Trajectory expected) {
    Pphd rule = pphdRule(expected);
    Trial.all().forEach(t -> t.run(() -> follow(t, expected, rule, "p", rule.hyper())));
  }

  private static void follow(
      Trial trial, Trajectory expected, Rule rule, String key, StandardRule hyper) {
    JsonNode data = expected.data();
    double[] start = expected.values(data.get("theta").get(0));
    try (Parameter p = trial.parameter("w", role(expected), start, expected.shape());
        State state = new State()) {
      Learning learning = new Learning(trial, state, key, hyper);
      for (int t = 1; t < data.get("theta").size(); t++) {
        double[] values = expected.values(expected.problem.get("gradients").get(t - 1));
        learning.before();
        Trial.step(rule, p, trial.tensor(values, expected.shape()), state);
        String when = " after step " + t;
        trial.assertNear(
            expected.values(data.get("theta").get(t)), p.value().toDoubles(), "theta" + when);
        JsonNode learned = data.get(key).get(t);
        boolean scalar = learned.isNumber();
        trial.assertNear(
            scalar ? Trial.numbers(learned) : expected.values(learned),
            state.get(key).toDoubles(),
            key + when);
        // The h of multiplicative is -(g, g') there, before its division by the lengths.
        if (t > 1 && !expected.name.equals("multiplicative")) {
          JsonNode h = data.get("h").get(t - 2);
          learning.check(scalar ? Trial.numbers(h) : expected.values(h), "h" + when);
        }
      }
    }
  }

  @Test
  void nothingIsLeftOut() {
    assertEquals(6, FIXTURE.get("cases").size());
    assertEquals(12 + 12 + 12 + 6 + 9 + 9, fop().size());
    assertEquals(24, shd().size());
    assertEquals(24, pphd().size());
  }
}
