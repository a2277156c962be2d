package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each option, and each hyper-parameter, changes what a rule does. */
class OptionsTest {
  private static final double[] START = {1, -2, 0.5, 0.3, -0.7, 0.2};
  private static final double[][] GRADIENTS = {
    {0.1, -0.2, 0.3, 1, 0.4, -0.6},
    {0.5, 0.4, -0.3, -2, 0.1, 0.2},
    {0.2, 0.1, 0.2, 0.05, -0.3, 0.9},
    {-1, 2, 0.1, 0.3, 0.2, -0.1}
  };

  private static double[] end(Rule rule) {
    return Trial.EXACT.end(rule, Role.DENSE_WEIGHT, START, GRADIENTS, 3, 2);
  }

  static Stream<Arguments> changes() {
    Sgd momentum = new Sgd(0.1).momentum(0.9);
    Fop fop = Fop.over(momentum).hyper(new Sgd(0.1));
    Fop direction = fop.preset(Preset.DIRECTION);
    Selector all = Selector.all();
    Preconditioner full = Preconditioner.fullRank();
    Shd shd = Shd.over(momentum).multiplier(new Adam(0.01));
    Pphd pphd = Pphd.over(momentum).hyper(new Sgd(0.1));
    Learning plain = Learning.PLAIN;
    Convergence convergence = new Convergence(0.5, 2);
    return Stream.of(
        Arguments.of("scale", fop, fop.learning(plain.withoutScale())),
        Arguments.of("every", fop, fop.learning(plain.every(2))),
        Arguments.of("first", fop, fop.learning(plain.from(3))),
        Arguments.of("clip", fop, fop.learning(plain.clip(1e-3))),
        Arguments.of("cap", fop, fop.learning(plain.cap(0.01))),
        Arguments.of("convergence", fop, fop.convergence(convergence)),
        Arguments.of(
            "limit", fop.convergence(convergence), fop.convergence(new Convergence(0.6, 2))),
        Arguments.of(
            "horizon", fop.convergence(convergence), fop.convergence(new Convergence(0.5, 3))),
        Arguments.of("length", fop, fop.keepLength()),
        Arguments.of(
            "shd scale", shd.additive(0.1), shd.additive(0.1).learning(plain.withoutScale())),
        Arguments.of("shd every", shd, shd.learning(plain.every(2))),
        Arguments.of("shd first", shd, shd.learning(plain.from(3))),
        Arguments.of("shd clip", shd, shd.learning(plain.clip(1e-3))),
        Arguments.of("pphd scale", pphd, pphd.learning(plain.withoutScale())),
        Arguments.of("pphd every", pphd, pphd.learning(plain.every(2))),
        Arguments.of("pphd first", pphd, pphd.learning(plain.from(3))),
        Arguments.of("pphd clip", pphd, pphd.learning(plain.clip(1e-3))),
        Arguments.of("pphd length", pphd, pphd.keepLength()),
        Arguments.of("fop at all", fop, momentum),
        Arguments.of("base rate", fop, Fop.over(new Sgd(0.2).momentum(0.9)).hyper(new Sgd(0.1))),
        Arguments.of("base", fop, Fop.over(new Sgd(0.1)).hyper(new Sgd(0.1))),
        Arguments.of("weight decay", fop, Fop.over(momentum.weightDecay(0.1)).hyper(new Sgd(0.1))),
        Arguments.of("preset", fop, direction),
        Arguments.of("order", fop, fop.order(Order.M_FIRST)),
        Arguments.of("order in direction", direction, direction.order(Order.THETA_FIRST)),
        Arguments.of("factor", fop, fop.hypergradientAt(HypergradientAt.PREVIOUS_M)),
        Arguments.of("norm", fop, fop.norm(Norm.PLAIN)),
        Arguments.of("exact norm", fop.norm(Norm.PLAIN), fop.norm(Norm.EXACT)),
        Arguments.of("velocity", fop, fop.velocity(0.9)),
        Arguments.of("alpha", fop.velocity(0.9), fop.velocity(0.8)),
        Arguments.of("velocity in direction", direction, direction.velocity(0.9)),
        Arguments.of("hyper rate", fop, fop.hyper(new Sgd(0.2))),
        Arguments.of("hyper", fop, fop.hyper(new Sgd(0.1).momentum(0.9))),
        Arguments.of("hyper adam", fop, Fop.over(momentum)),
        Arguments.of("hyper weight decay", fop, fop.hyper(new Sgd(0.1).weightDecay(0.1))),
        Arguments.of("seed", fop, fop.seed(1)),
        Arguments.of("form", fop, fop.where(all, Preconditioner.product())),
        Arguments.of("none", fop, fop.where(all, Preconditioner.none())),
        Arguments.of("rank", fop, fop.where(all, Preconditioner.lowRank(2))),
        Arguments.of("deviation", fop, fop.where(all, full.deviation(0.2))),
        Arguments.of("frozen", fop, fop.where(all, full.freeze())),
        Arguments.of("own hyper", fop, fop.where(all, full.hyper(new Sgd(0.3)))),
        Arguments.of("shd at all", shd, momentum),
        Arguments.of("shd rate", shd, shd.multiplier(new Adam(0.02))),
        Arguments.of("shd default", shd, Shd.over(momentum)),
        Arguments.of("shd additive", shd, shd.additive(0.01)),
        Arguments.of("shd beta", shd.additive(0.01), shd.additive(0.02)),
        Arguments.of("shd multiplicative", shd.additive(0.01), shd.multiplicative(0.01)),
        Arguments.of("shd order", shd, shd.order(Order.M_FIRST)),
        Arguments.of("shd preset", shd, shd.preset(Preset.DIRECTION)),
        Arguments.of("shd on", shd, shd.on(Selector.role(Role.BIAS))),
        Arguments.of("pphd at all", pphd, momentum),
        Arguments.of("pphd rate", pphd, pphd.hyper(new Sgd(0.2))),
        Arguments.of("pphd default", pphd, Pphd.over(momentum)),
        Arguments.of("pphd form", pphd, pphd.form(Pphd.Form.SQUARED)),
        Arguments.of("pphd order", pphd, pphd.order(Order.M_FIRST)),
        Arguments.of("pphd preset", pphd, pphd.preset(Preset.DIRECTION)),
        Arguments.of("pphd on", pphd, pphd.on(Selector.role(Role.BIAS))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changes")
  void everyOptionMatters(String name, Rule rule, Rule changed) {
    double[] first = end(rule);
    assertFalse(Arrays.equals(first, end(changed)), name);
    assertArrayEquals(first, end(rule));
  }

  /** Multiplicative h has no scale already. */
  @Test
  void aCosineHasNoScaleToRemove() {
    Shd rule = Shd.over(new Sgd(0.1)).multiplicative(0.1);
    assertArrayEquals(end(rule), end(rule.learning(Learning.PLAIN.withoutScale())), 1e-14);
  }

  /** A loss in other units, at a rate to match, is the same training. */
  @Test
  void withoutScaleTheUnitOfTheLossIsNothing() {
    Fop rule = Fop.over(new Sgd(0.1)).hyper(new Sgd(0.1)).learning(Learning.PLAIN.withoutScale());
    Fop tenth = Fop.over(new Sgd(0.01)).hyper(new Sgd(0.1)).learning(Learning.PLAIN.withoutScale());
    double[][] tenfold =
        Arrays.stream(GRADIENTS)
            .map(g -> Arrays.stream(g).map(x -> 10 * x).toArray())
            .toArray(double[][]::new);
    double[] scaled = Trial.EXACT.end(tenth, Role.DENSE_WEIGHT, START, tenfold, 3, 2);
    assertArrayEquals(end(rule), scaled, 1e-13);
  }

  /** The default rule for M depends on the form. */
  @Test
  void defaultsAreTheMeasuredOnes() {
    Fop plain = Fop.over(new Sgd(0.1));
    double[] dense = end(plain);
    assertArrayEquals(dense, end(plain.hyper(new Adam(1e-6))));
    double[] kernel = kernelEnd(plain);
    assertArrayEquals(kernel, kernelEnd(plain.hyper(new Adam(5e-4))));
    assertFalse(Arrays.equals(kernel, kernelEnd(plain.hyper(new Adam(1e-6)))));
    assertArrayEquals(end(plain), end(plain.preset(Preset.DIRECTION).preset(Preset.PAPER)));
  }

  private static double[] kernelEnd(Rule rule) {
    return Trial.EXACT.end(rule, Role.CONV_KERNEL, START, GRADIENTS, 1, 1, 3, 2);
  }

  @Test
  void refusesOptionsThatDoNotFit() {
    Fop fop = Fop.over(new Sgd(0.1));
    Shd still = Shd.over(new Sgd(0));
    List<Executable> refused =
        List.of(
            () -> fop.velocity(1),
            () -> fop.velocity(-0.1),
            () -> fop.velocity(Double.NaN),
            () -> fop.order(Order.M_FIRST).hypergradientAt(HypergradientAt.PREVIOUS_M),
            () -> fop.hypergradientAt(HypergradientAt.PREVIOUS_M).order(Order.M_FIRST),
            () -> Preconditioner.lowRank(0),
            () -> Preconditioner.fullRank().deviation(0),
            () -> Preconditioner.fullRank().deviation(Double.NaN),
            () -> Learning.PLAIN.every(0),
            () -> Learning.PLAIN.from(1),
            () -> Learning.PLAIN.clip(0),
            () -> Learning.PLAIN.clip(Double.NaN),
            () -> Learning.PLAIN.cap(0),
            () -> Learning.PLAIN.cap(Double.NaN),
            () -> new Convergence(0, 10),
            () -> new Convergence(Double.POSITIVE_INFINITY, 10),
            () -> new Convergence(1, 0),
            () -> new Convergence(1, Double.NaN),
            () -> fop.convergence(new Convergence(1, 10)).norm(Norm.PLAIN),
            () -> fop.norm(Norm.EXACT).convergence(new Convergence(1, 10)),
            () -> fop.convergence(new Convergence(1, 10)).keepLength(),
            () -> fop.keepLength().norm(Norm.PLAIN),
            () -> Shd.over(new Sgd(0.1)).learning(Learning.PLAIN.cap(2)),
            () -> Pphd.over(new Sgd(0.1)).learning(Learning.PLAIN.cap(2)),
            () -> still.additive(0.1),
            () -> still.multiplicative(0.1));
    for (int i = 0; i < refused.size(); i++) {
      assertThrows(ArgumentException.class, refused.get(i), "number " + i);
    }
  }
}
