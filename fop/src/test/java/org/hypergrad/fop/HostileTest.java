package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.State;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Settings with which training cannot go well: it ends in finite numbers or in an error. The
 * property {@code hypergrad.hostile.steps} makes it longer.
 */
class HostileTest {
  private static final int STEPS = Integer.getInteger("hypergrad.hostile.steps", 500);
  private static final float[] CURVATURE = {3, 0.1f, 1, 0.5f};

  /** Gradients of a loss that is c theta^2 / 2 with some noise, made worse. */
  private enum Trouble {
    NONE,
    ZEROS {
      @Override
      void spoil(float[] g, int step) {
        Arrays.fill(g, 0);
      }
    },
    ZEROS_LATER {
      @Override
      void spoil(float[] g, int step) {
        if (step > 50) {
          Arrays.fill(g, 0);
        }
      }
    },
    HUGE {
      @Override
      void spoil(float[] g, int step) {
        for (int i = 0; i < g.length; i++) {
          g[i] = Math.copySign(1e20f, g[i]);
        }
      }
    },
    HUGE_AT_TIMES {
      @Override
      void spoil(float[] g, int step) {
        if (step % 300 == 299) {
          g[step % g.length] = 1e20f;
        }
      }
    },
    SUDDENLY_TENFOLD {
      @Override
      void spoil(float[] g, int step) {
        if (step > 300) {
          for (int i = 0; i < g.length; i++) {
            g[i] *= 10;
          }
        }
      }
    },
    NOT_A_NUMBER_AT_TIMES {
      @Override
      void spoil(float[] g, int step) {
        if (step % 100 < 2) {
          g[0] = Float.NaN;
        }
      }
    },
    /** Not even where the parameter is infinite does the gradient say so. */
    DEAF {
      @Override
      void spoil(float[] g, int step) {
        for (int i = 0; i < g.length; i++) {
          g[i] = i + 1;
        }
      }
    };

    void spoil(float[] g, int step) {}
  }

  static Stream<Arguments> cases() {
    Sgd momentum = new Sgd(0.1).momentum(0.9);
    Learning limits = Learning.PLAIN.clip(0.1).cap(4);
    Selector all = Selector.all();
    Fop product = Fop.over(new Sgd(0.1)).where(all, Preconditioner.product());
    Fop rank = Fop.over(momentum).where(all, Preconditioner.lowRank(1));
    List<Rule> rules =
        List.of(
            product.hyper(new Sgd(1)),
            product.hyper(new Sgd(1)).learning(limits),
            product.hyper(new Adam(0.1)),
            rank.hyper(new Sgd(1)).norm(Norm.EXACT),
            rank.preset(Preset.DIRECTION).hyper(new Sgd(1)),
            rank.preset(Preset.DIRECTION).hyper(new Sgd(1)).learning(limits.withoutScale()),
            rank.hyper(new Sgd(1)).convergence(new Convergence(0.5, 100)),
            Fop.over(new Adam(0.1)).where(all, Preconditioner.product()).keepLength(),
            Shd.over(momentum).additive(1).on(all),
            Shd.over(new Sgd(0.1)).multiplicative(1).on(all),
            Pphd.over(momentum).form(Pphd.Form.SQUARED).hyper(new Sgd(1)).on(all));
    return rules.stream()
        .flatMap(rule -> Arrays.stream(Trouble.values()).map(t -> Arguments.of(t, rule)));
  }

  private interface Steps {
    void take(Tensor gradient);
  }

  /** Number of the step that stopped it, or of all. */
  private static int train(Trouble trouble, Parameter p, Steps steps) {
    SplittableRandom random = new SplittableRandom(3);
    float[] g = new float[4];
    for (int step = 0; step < STEPS; step++) {
      double[] theta = p.value().toDoubles();
      for (int i = 0; i < 4; i++) {
        g[i] = (float) (CURVATURE[i] * theta[i] + 0.1 * (random.nextDouble() - 0.5));
      }
      trouble.spoil(g, step);
      try {
        Scope.run(() -> steps.take(Tensor.of(g, p.value().shape().toArray())));
      } catch (FopException e) {
        return step;
      }
    }
    return STEPS;
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("cases")
  void endsWellOrSaysSo(Trouble trouble, Rule rule) {
    Trial trial = Trial.all().get(1);
    trial.run(
        () -> {
          double[] start = {1, -2, 3, 0.5};
          try (Parameter p = trial.parameter("w", Role.DENSE_WEIGHT, start, 2, 2);
              State state = new State()) {
            int steps = train(trouble, p, g -> Trial.step(rule, p, g, state));
            assertFinite(p, steps);
          }
        });
  }

  private static void assertFinite(Parameter p, int steps) {
    double[] end = p.value().toDoubles();
    assertTrue(
        Arrays.stream(end).allMatch(Double::isFinite),
        () -> "silent " + Arrays.toString(end) + " after " + steps);
  }

  static Stream<Arguments> together() {
    Fop paper = Fop.over(new Sgd(0.1).momentum(0.5)).hyper(new Sgd(1));
    Fop adam = Fop.over(new Adam(0.1)).hyper(new Adam(0.1));
    Fop wild = Fop.over(new Sgd(1e-5)).hyper(new Sgd(1e11).momentum(0.9));
    Fop fast = Fop.over(new Sgd(1e38).weightDecay(1));
    Fop undefined = Fop.over(new Adam(0.1).epsilon(0)).hyper(new Adam(0.1).epsilon(0));
    return Stream.of(paper, paper.order(Order.M_FIRST), adam, undefined, wild, fast)
        .flatMap(
            rule ->
                Stream.of(new long[] {4}, new long[] {2, 2}, new long[] {1, 1, 2, 2})
                    .flatMap(
                        shape ->
                            Arrays.stream(Trouble.values())
                                .map(t -> Arguments.of(t, shape, rule))));
  }

  /** By the ops that make many steps at once. */
  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("together")
  void endsWellTogetherToo(Trouble trouble, long[] shape, Fop rule) {
    Trial trial = Trial.all().get(2);
    trial.run(
        () -> {
          double[] start = {1, -2, 3, 0.5};
          Role role =
              switch (shape.length) {
                case 1 -> Role.BIAS;
                case 2 -> Role.DENSE_WEIGHT;
                default -> Role.CONV_KERNEL;
              };
          try (Parameter p = trial.parameter("w", role, start, shape);
              Optimizer optimizer = Optimizer.of(rule, List.of(p))) {
            int steps = train(trouble, p, g -> optimizer.step(Gradients.of(Map.of(p.value(), g))));
            assertFinite(p, steps);
          }
        });
  }
}
