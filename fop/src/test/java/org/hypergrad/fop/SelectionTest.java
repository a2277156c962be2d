package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Schedule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.State;
import org.junit.jupiter.api.Test;

/** Which parameter gets what, and how it starts. */
class SelectionTest {
  private static final Fop FOP = Fop.over(new Sgd(0.1));
  private static final Trial EXACT = Trial.EXACT;

  private static void with(Role role, Consumer<Parameter> body, long... shape) {
    with("layer.weight", role, body, shape);
  }

  private static void with(String name, Role role, Consumer<Parameter> body, long... shape) {
    EXACT.run(
        () -> {
          int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
          try (Parameter p = EXACT.parameter(name, role, new double[count], shape)) {
            body.accept(p);
          }
        });
  }

  private static void assertForm(Form form, Role role, long... shape) {
    with(role, p -> assertEquals(form, FOP.preconditioner(p).form()), shape);
  }

  @Test
  void goesByRoleAndShape() {
    assertForm(Form.SPATIAL, Role.CONV_KERNEL, 4, 3, 3, 3);
    assertForm(Form.SPATIAL, Role.CONV_KERNEL, 4, 3, 1, 1);
    assertForm(Form.SPATIAL, Role.TRANSPOSED_CONV_KERNEL, 4, 3, 2, 2);
    assertForm(Form.IDENTITY_PLUS_PRODUCT, Role.DENSE_WEIGHT, 5, 2);
    assertForm(Form.NONE, Role.DENSE_WEIGHT, 5);
    assertForm(Form.NONE, Role.BIAS, 5);
    assertForm(Form.NONE, Role.SCALE, 5);
    assertForm(Form.NONE, Role.SHIFT, 5);
    assertForm(Form.NONE, Role.OTHER, 5, 5);
    assertForm(Form.NONE, Role.OTHER);
  }

  @Test
  void theFirstChoiceThatPicksWins() {
    Fop fop =
        FOP.where(Selector.name("head.*"), Preconditioner.none())
            .where(Selector.role(Role.DENSE_WEIGHT), Preconditioner.lowRank(3))
            .where(Selector.all(), Preconditioner.product());
    with("head.weight", Role.DENSE_WEIGHT, p -> assertForm(fop, p, Form.NONE), 5, 2);
    with("fc1.weight", Role.DENSE_WEIGHT, p -> assertEquals(3, fop.preconditioner(p).rank()), 5, 2);
    with("fc1.bias", Role.BIAS, p -> assertForm(fop, p, Form.PRODUCT), 2);
  }

  private static void assertForm(Fop fop, Parameter p, Form form) {
    assertEquals(form, fop.preconditioner(p).form());
  }

  /** The state after a step with a gradient of zeros. */
  private static State started(Rule rule, Parameter p) {
    State state = new State();
    Trial.step(rule, p, p.value().mul(0), state);
    return state;
  }

  @Test
  void theFirstStepIsThatOfTheBaseWhereMStartsAtI() {
    double[][] one = {{0.1, -0.2, 0.3, 0.4, -0.5, 0.6}};
    double[] start = {1, 2, 3, 4, 5, 6};
    assertArrayEquals(
        EXACT.end(FOP.base(), Role.CONV_KERNEL, start, one, 1, 1, 2, 3),
        EXACT.end(FOP, Role.CONV_KERNEL, start, one, 1, 1, 2, 3));
    Fop product = FOP.where(Selector.all(), Preconditioner.product());
    assertArrayEquals(
        EXACT.end(FOP.base(), Role.DENSE_WEIGHT, start, one, 3, 2),
        EXACT.end(product, Role.DENSE_WEIGHT, start, one, 3, 2));
  }

  @Test
  void lowRankStartsAtRandom() {
    with(
        Role.DENSE_WEIGHT,
        p -> {
          try (State state = started(FOP, p)) {
            Tensor m = state.get("M");
            assertArrayEquals(new long[] {200, 200}, m.shape().toArray());
            // Some five standard deviations of the mean of 40,000 squares, and of the mean.
            assertEquals(0.01, m.square().mean().item(), 4e-4);
            assertEquals(0, m.mean().item(), 0.0025);
            // Drawn in float32, so that every type starts alike.
            assertEquals(m.get(3, 5), (float) m.get(3, 5));
            Fop frozen = FOP.where(Selector.all(), Preconditioner.fullRank().freeze());
            try (State still = started(frozen, p)) {
              double[] first = FOP.firstFactor(p).toDoubles();
              assertArrayEquals(first, still.get("M").toDoubles());
              assertArrayEquals(first, m.toDoubles());
            }
          }
          Fop low = FOP.where(Selector.all(), Preconditioner.lowRank(7).deviation(0.3));
          try (State state = started(low, p)) {
            assertArrayEquals(new long[] {200, 7}, state.get("M").shape().toArray());
            assertEquals(0.09, state.get("M").square().mean().item(), 0.02);
          }
        },
        200,
        2);
  }

  private static double[] firstM(Fop fop, String name) {
    double[][] first = new double[1][];
    with(
        name,
        Role.DENSE_WEIGHT,
        p -> {
          try (State state = started(fop, p)) {
            first[0] = state.get("M").toDoubles();
          }
        },
        4,
        2);
    return first[0];
  }

  /** By seed and name alone, whatever was drawn before. */
  @Test
  void eachParameterHasItsOwnStream() {
    double[] one = firstM(FOP, "fc1.weight");
    double[] two = firstM(FOP, "fc2.weight");
    assertFalse(Arrays.equals(one, two));
    assertArrayEquals(two, firstM(FOP, "fc2.weight"));
    assertArrayEquals(one, firstM(FOP, "fc1.weight"));
    assertFalse(Arrays.equals(one, firstM(FOP.seed(1), "fc1.weight")));
  }

  @Test
  void refusesAFormThatDoesNotFit() {
    Fop spatial = FOP.where(Selector.all(), Preconditioner.spatial());
    Fop product = FOP.where(Selector.all(), Preconditioner.product());
    with(
        Role.DENSE_WEIGHT,
        p -> {
          ShapeException e = assertThrows(ShapeException.class, () -> started(spatial, p).close());
          assertEquals(
              "fop: SPATIAL does not fit a parameter; got layer.weight [3, 2]; expected a kernel of"
                  + " 4 axes; hint: choose Preconditioner.none() for it",
              e.getMessage());
          assertThrows(ShapeException.class, () -> spatial.table(List.of(p)));
        },
        3,
        2);
    with(
        Role.CONV_KERNEL,
        p -> assertThrows(ShapeException.class, () -> product.table(List.of(p))),
        4,
        3,
        3,
        3);
    with(Role.OTHER, p -> assertThrows(ShapeException.class, () -> product.table(List.of(p))));
  }

  @Test
  void refusesAStateOfOtherOptions() {
    with(
        Role.DENSE_WEIGHT,
        p -> {
          try (State state = started(FOP, p)) {
            Fop low = FOP.where(Selector.all(), Preconditioner.lowRank(1));
            Tensor g = EXACT.tensor(new double[6], 3, 2);
            ShapeException e =
                assertThrows(ShapeException.class, () -> Trial.step(low, p, g, state));
            assertEquals("float64[3, 3] for layer.weight", e.got());
          }
        },
        3,
        2);
  }

  /**
   * The penalty is part of the loss, so P sees it; what AdamW does beside the loss, it does not.
   */
  @Test
  void coupledDecayIsInsideOfPAndDecoupledIsOutside() {
    double[] start = {1, -2, 3, -4, 5, -6};
    double[][] zero = {new double[6]};
    Preconditioner frozen = Preconditioner.fullRank().freeze();
    for (Preset preset : Preset.values()) {
      Fop beside = Fop.over(Adam.adamW(0.1, 0.5)).preset(preset).where(Selector.all(), frozen);
      double[] shrunk = EXACT.end(beside, Role.DENSE_WEIGHT, start, zero, 3, 2);
      double[] expected = Arrays.stream(start).map(x -> 0.95 * x).toArray();
      EXACT.assertNear(expected, shrunk, "decoupled");
      Fop within = Fop.over(new Sgd(0.1).weightDecay(0.5)).preset(preset);
      double[] penalty = Arrays.stream(start).map(x -> 0.5 * x).toArray();
      Fop plain = FOP.preset(preset);
      EXACT.assertNear(
          EXACT.end(plain, Role.DENSE_WEIGHT, start, new double[][] {penalty}, 3, 2),
          EXACT.end(within, Role.DENSE_WEIGHT, start, zero, 3, 2),
          "coupled");
    }
  }

  /** The eps in H is that of the step that used M; the rate of M is not scheduled. */
  @Test
  void aScheduleActsOnThetaAndOnHAlone() {
    with(
        Role.DENSE_WEIGHT,
        p -> {
          Fop rule = FOP.hyper(new Sgd(0.5)).where(Selector.all(), Preconditioner.product());
          try (Optimizer optimizer =
              Optimizer.of(rule, List.of(p)).schedule(Schedule.steps(0.5, 1))) {
            Tensor g = EXACT.tensor(new double[] {1, 0, 0, 0, 0, 0}, 3, 2);
            optimizer.step(Gradients.of(java.util.Map.of(p.value(), g)));
            assertEquals(-0.1, p.value().get(0, 0), 1e-15);
            optimizer.step(Gradients.of(java.util.Map.of(p.value(), g)));
            assertEquals(-0.15, p.value().get(0, 0), 1e-15);
            assertEquals(1 + 0.5 * 0.1 * 2, optimizer.state(p.name()).get("M").get(0, 0), 1e-15);
          }
        },
        3,
        2);
  }

  @Test
  void tableOfWhatGotWhat() {
    Fop fop = FOP.where(Selector.name("fc2.*"), Preconditioner.lowRank(2).freeze());
    EXACT.run(
        () -> {
          try (Parameter conv = new Parameter("conv.weight", Role.CONV_KERNEL, ones(2, 1, 3, 3));
              Parameter bias = new Parameter("conv.bias", Role.BIAS, ones(2));
              Parameter one = new Parameter("fc1.weight", Role.DENSE_WEIGHT, ones(4, 3));
              Parameter two = new Parameter("fc2.weight", Role.DENSE_WEIGHT, ones(3, 2))) {
            String[] lines =
                fop.hyper(new Sgd(0.1)).table(List.of(conv, bias, one, two)).split("\n");
            String sgd = "Sgd, rate 0.1";
            assertEquals(
                "parameter    shape         preconditioner     M       extra numbers  rule of M",
                lines[0]);
            assertEquals(
                "conv.weight  [2, 1, 3, 3]  M M^T, spatial     [9, 9]  99             " + sgd,
                lines[1]);
            assertEquals("conv.bias    [2]           none                       0", lines[2]);
            assertEquals(
                "fc1.weight   [4, 3]        I + M M^T          [4, 4]  28             " + sgd,
                lines[3]);
            assertEquals("fc2.weight   [3, 2]        I + M M^T, frozen  [3, 2]  6", lines[4]);
            assertEquals(
                "M: 103 numbers (9 as the paper counts, k^2 per k x k kernel); held beside the base"
                    + " rule: 133",
                lines[5]);
            assertEquals(6, lines.length);
            // Adam keeps two more of M, and H at the previous M one.
            assertTrue(FOP.table(List.of(one)).contains("  60  "));
            assertTrue(
                FOP.hypergradientAt(HypergradientAt.PREVIOUS_M)
                    .table(List.of(one))
                    .contains("  76  "));
            assertFalse(FOP.table(List.of(one)).contains("paper"));
            assertEquals(1 + 1 + 1, FOP.table(List.of(one)).split("\n").length);
          }
        });
  }

  private static Tensor ones(long... extents) {
    return Tensor.full(1, EXACT.dtype(), extents);
  }

  /** What the table says is held is what is held. */
  @Test
  void tableCountsWhatTheStateHolds() {
    with(
        Role.DENSE_WEIGHT,
        p -> {
          Fop rule = FOP.hypergradientAt(HypergradientAt.PREVIOUS_M).hyper(new Adam(1e-3));
          try (State state = new State()) {
            for (int t = 0; t < 3; t++) {
              Trial.step(rule, p, Tensor.full(t + 1.0, EXACT.dtype(), 4, 3), state);
            }
            long held = state.tensors().values().stream().mapToLong(Tensor::count).sum();
            assertTrue(rule.table(List.of(p)).contains("held beside the base rule: " + held));
            assertEquals(4 * 16 + 12, held);
          }
        },
        4,
        3);
  }

  private static String lastLine(long[][] kernels) {
    String[] last = new String[1];
    EXACT.run(
        () -> {
          List<Parameter> all = new ArrayList<>();
          for (long[] kernel : kernels) {
            all.add(
                new Parameter(
                    "conv" + all.size(), Role.CONV_KERNEL, ones(2, 2, kernel[0], kernel[0])));
          }
          last[0] = FOP.table(all).lines().reduce((a, b) -> b).orElseThrow();
          all.forEach(Parameter::close);
        });
    return last[0];
  }

  /** All-CNN-C and ResNet-18 with four projections: 65 and 197 in the paper. */
  @Test
  void countsAsThePaperDoesAndAsItIs() {
    long[][] allCnn = new long[9][];
    Arrays.setAll(allCnn, i -> new long[] {i < 7 ? 3 : 1});
    assertTrue(lastLine(allCnn).startsWith("M: 569 numbers (65 as the paper counts"));
    long[][] resNet = new long[21][];
    Arrays.setAll(resNet, i -> new long[] {i == 0 ? 7 : i < 17 ? 3 : 1});
    assertTrue(lastLine(resNet).startsWith("M: 3701 numbers (197 as the paper counts"));
  }

  /** Weights alone, unless told otherwise; biases follow the base rule. */
  @Test
  void scalarsAndDiagonalsAreForWeights() {
    for (Rule rule : List.of(Shd.over(FOP.base()), Pphd.over(FOP.base()))) {
      String key = rule instanceof Shd ? "s" : "p";
      for (Role role : Role.values()) {
        boolean weight =
            List.of(Role.CONV_KERNEL, Role.TRANSPOSED_CONV_KERNEL, Role.DENSE_WEIGHT)
                .contains(role);
        with(
            role,
            p -> {
              try (State state = started(rule, p)) {
                assertEquals(weight, state.has(key), role + " " + rule);
              }
            },
            2,
            2,
            1,
            1);
      }
    }
  }

  @Test
  void biasesFollowTheBaseRule() {
    double[] start = {1, 2, 3};
    double[][] steps = {{0.1, 0.2, -0.3}, {0.4, -0.5, 0.6}, {1, 2, 3}};
    Adam base = Adam.adamW(0.1, 0.01);
    double[] expected = EXACT.end(base, Role.BIAS, start, steps, 3);
    for (Rule rule : List.of(Fop.over(base), Shd.over(base), Pphd.over(base))) {
      assertArrayEquals(expected, EXACT.end(rule, Role.BIAS, start, steps, 3));
    }
  }
}
