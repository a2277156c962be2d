package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Schedule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.StandardRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** FOP with shapes, ranks and options drawn at random is {@link PlainFop} with the same. */
class PropertyTest {
  private static final int SEEDS = 300;
  private static final int STEPS = 8;
  private static final Trial EXACT = Trial.EXACT;

  /** A weight and a rule for it, from a seed alone. */
  record Draw(int seed, Fop fop, long... shape) {
    static Draw of(int seed) {
      SplittableRandom random = new SplittableRandom(seed);
      long[] shape = shape(random);
      Preconditioner preconditioner =
          shape.length == 4
              ? Preconditioner.spatial()
              : random.nextBoolean()
                  ? Preconditioner.product()
                  : Preconditioner.lowRank(random.nextLong(1, 7)).deviation(0.5);
      Preset preset = pick(random, Preset.values());
      Fop fop =
          Fop.over(base(random))
              .preset(preset)
              .order(pick(random, Order.values()))
              .hyper(hyper(random))
              .velocity(pick(random, 0.0, 0.0, 0.6))
              .learning(learning(random))
              .seed(seed)
              .where(Selector.all(), preconditioner);
      if (fop.order() == Order.THETA_FIRST) {
        fop = fop.hypergradientAt(pick(random, HypergradientAt.values()));
      }
      fop =
          switch (random.nextInt(5)) {
            case 0 -> fop.norm(Norm.PLAIN);
            case 1 -> fop.norm(Norm.EXACT);
            case 2 -> fop.keepLength();
            case 3 -> fop.convergence(new Convergence(random.nextDouble(0.2, 2), 3));
            default -> fop;
          };
      return new Draw(seed, fop, shape);
    }

    private static long[] shape(SplittableRandom random) {
      int axes = pick(random, 1, 2, 2, 4);
      return IntStream.range(0, axes)
          .mapToLong(_ -> random.nextLong(1, axes == 4 ? 4 : 7))
          .toArray();
    }

    private static StandardRule base(SplittableRandom random) {
      Sgd sgd = new Sgd(0.05).weightDecay(pick(random, 0.0, 0.1));
      return pick(
          random,
          sgd,
          sgd.momentum(0.8),
          sgd.momentum(0.8).withNesterov(),
          new Adam(0.01),
          Adam.adamW(0.01, 0.1),
          new RmsProp(0.01));
    }

    private static StandardRule hyper(SplittableRandom random) {
      return pick(random, new Sgd(0.05), new Sgd(0.05).momentum(0.7), new Adam(0.01));
    }

    private static Learning learning(SplittableRandom random) {
      Learning learning =
          Learning.PLAIN
              .every(random.nextLong(1, 4))
              .from(random.nextLong(2, 5))
              .clip(pick(random, 0.02, Double.POSITIVE_INFINITY))
              .cap(pick(random, 0.9, Double.POSITIVE_INFINITY));
      return random.nextBoolean() ? learning.withoutScale() : learning;
    }

    @SafeVarargs
    private static <T> T pick(SplittableRandom random, T... of) {
      return of[random.nextInt(of.length)];
    }

    /** What was drawn, by name. */
    Set<String> traits() {
      Learning learning = fop.learning();
      return Set.of(
          "axes " + shape.length,
          "base " + fop.base(),
          "hyper " + fop.hyper(),
          "form " + fop.choices().getFirst().preconditioner().form(),
          "placed " + fop.preset() + fop.order() + fop.at(),
          "norm " + fop.norm() + fop.keepsLength() + fop.convergence().isPresent(),
          "velocity " + fop.velocity(),
          "scale free " + learning.scaleFree(),
          "times " + learning.every() + ", " + learning.first(),
          "clip " + learning.clip(),
          "cap " + learning.cap());
    }

    @Override
    public String toString() {
      return "seed " + seed + ": " + Arrays.toString(shape) + " " + fop;
    }
  }

  static List<Draw> draws() {
    return IntStream.range(0, SEEDS).mapToObj(Draw::of).toList();
  }

  /** As {@code P} sees it: positions by channels, or inputs by outputs, or a column. */
  private static double[][] matrix(double[] values, long... shape) {
    boolean kernel = shape.length == 4;
    int rows = (int) (kernel ? shape[2] * shape[3] : shape[0]);
    int columns = values.length / rows;
    double[][] matrix = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        matrix[i][j] = kernel ? values[j * rows + i] : values[i * columns + j];
      }
    }
    return matrix;
  }

  private static void assertNear(double[][] expected, double[][] actual, String what) {
    for (int i = 0; i < expected.length; i++) {
      EXACT.assertNear(expected[i], actual[i], what + " row " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("draws")
  void isTheMethodWrittenOut(Draw draw) {
    EXACT.run(
        () -> {
          SplittableRandom random = new SplittableRandom(draw.seed + 1000);
          int count = (int) Arrays.stream(draw.shape).reduce(1, (a, b) -> a * b);
          double[] start = normals(random, count);
          Role role = draw.shape.length == 4 ? Role.CONV_KERNEL : Role.DENSE_WEIGHT;
          try (Parameter p = EXACT.parameter("w", role, start, draw.shape);
              Optimizer optimizer = Optimizer.of(draw.fop, List.of(p))) {
            optimizer.schedule(Schedule.cosine(2 * STEPS, 0.1));
            follow(draw, random, p, optimizer);
          }
        });
  }

  private static void follow(Draw draw, SplittableRandom random, Parameter p, Optimizer optimizer) {
    Preconditioner chosen = draw.fop.preconditioner(p);
    Tensor first = draw.fop.firstFactor(p);
    long[] factor = first.shape().toArray();
    PlainFop plain =
        new PlainFop(
            draw.fop,
            chosen.form(),
            draw.fop.hyper(chosen).orElseThrow(),
            matrix(p.value().toDoubles(), draw.shape),
            matrix(first.toDoubles(), factor));
    long skipped = 0;
    for (int t = 0; t < STEPS; t++) {
      double[] g = normals(random, (int) p.value().count());
      int kind = random.nextInt(10);
      if (kind == 0) {
        optimizer.step(Gradients.of(Map.of()));
        plain.skip();
      } else if (kind == 1 && skipped == 0) {
        g[g.length / 2] = Double.NEGATIVE_INFINITY;
        skipped++;
        optimizer.step(Gradients.of(Map.of(p.value(), EXACT.tensor(g, draw.shape))));
        plain.skip();
      } else {
        double rate = draw.fop.rate() * optimizer.scheduleFactor();
        optimizer.step(Gradients.of(Map.of(p.value(), EXACT.tensor(g, draw.shape))));
        plain.step(matrix(g, draw.shape), rate);
      }
      String when = " after step " + (t + 1) + " of " + draw;
      double[] m =
          optimizer.state("w").get("M") == null
              ? first.toDoubles()
              : optimizer.state("w").get("M").toDoubles();
      assertNear(plain.m, matrix(m, factor), "M" + when);
      assertNear(plain.theta, matrix(p.value().toDoubles(), draw.shape), "theta" + when);
    }
    assertEquals(skipped, optimizer.state("w").counter("skipped"));
  }

  private static double[] normals(SplittableRandom random, int count) {
    return IntStream.range(0, count).mapToDouble(_ -> random.nextGaussian()).toArray();
  }

  /** A choice that was never drawn would not be tested. */
  @Test
  void everyChoiceIsDrawn() {
    Set<String> traits = new HashSet<>();
    draws().forEach(d -> traits.addAll(d.traits()));
    assertEquals(3 + 12 - 3 + 3 + 3 + 6 + 5 + 2 + 2 + 9 + 2 + 2, traits.size(), traits::toString);
    assertTrue(traits.contains("placed DIRECTIONTHETA_FIRSTPREVIOUS_M"));
    assertArrayEquals(draws().get(7).shape, Draw.of(7).shape);
  }
}
