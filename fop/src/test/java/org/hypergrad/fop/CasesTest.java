package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.State;
import org.junit.jupiter.api.Test;

/** Values worked out by numpy in float64, and what follows from the formulas alone. */
class CasesTest {
  private static final Trial EXACT = Trial.EXACT;

  /** P on momentum's velocity, theta0 = (1, 1), gradient diag(1, 10) theta, rho .1. */
  @Test
  void momentumInThreeSteps() {
    double[][] thetas = {{0.95, 0.5}, {0.727890824, -1.095508709}, {0.610918465, -1.138641165}};
    double[][] factors = {
      {1, 0, 0, 1},
      {1.0095, 0.0725, 0.0725, 1.5},
      {1.019441198, -0.002097013, -0.089554963, -0.804220999}
    };
    Fop rule =
        Fop.over(new Sgd(0.05).momentum(0.9))
            .preset(Preset.DIRECTION)
            .hyper(new Sgd(0.1))
            .where(Selector.all(), Preconditioner.product());
    EXACT.run(
        () -> {
          Tensor curvature = EXACT.tensor(new double[] {1, 10}, 2);
          try (Parameter p = EXACT.parameter("p", Role.OTHER, new double[] {1, 1}, 2);
              State state = new State()) {
            for (int t = 0; t < 3; t++) {
              Trial.step(rule, p, p.value().mul(curvature), state);
              assertArrayEquals(thetas[t], p.value().toDoubles(), 1e-9);
              assertArrayEquals(factors[t], state.get("M").toDoubles(), 1e-9);
            }
          }
        });
  }

  /** All filters of a layer share M, and S sums over them. */
  @Test
  void kernelOfThreeByThree() {
    double[] first = {
      0.021443136,
      0.122907328,
      0.22437152,
      0.325835712,
      0.427299904,
      0.528764096,
      0.630228288,
      0.73169248,
      0.833156672
    };
    double[] second = {
      0.964227012,
      1.068980776,
      1.17373454,
      1.278488304,
      1.383242068,
      1.487995832,
      1.592749596,
      1.69750336,
      1.802257124
    };
    double[] newest = new double[18];
    double[] ones = new double[18];
    for (int i = 0; i < 18; i++) {
      newest[i] = i / 10.0;
      ones[i] = 1;
    }
    Fop rule = Fop.over(new Sgd(0.1)).order(Order.M_FIRST).hyper(new Sgd(0.01));
    EXACT.run(
        () -> {
          try (Parameter p = EXACT.parameter("conv", Role.CONV_KERNEL, new double[18], 2, 1, 3, 3);
              State state = new State()) {
            Trial.step(rule, p, EXACT.tensor(ones, 2, 1, 3, 3), state);
            double[] before = p.value().toDoubles();
            Trial.step(rule, p, EXACT.tensor(newest, 2, 1, 3, 3), state);
            assertEquals(1.0018, state.get("M").get(0, 0), 1e-12);
            assertEquals(0.0034, state.get("M").get(0, 8), 1e-12);
            double[] after = p.value().toDoubles();
            for (int i = 0; i < 9; i++) {
              assertEquals(first[i], (before[i] - after[i]) / 0.1, 1e-9);
              assertEquals(second[i], (before[9 + i] - after[9 + i]) / 0.1, 1e-9);
            }
          }
        });
  }

  /** A 1 x 1 kernel has a learned rate. */
  @Test
  void kernelOfOneByOne() {
    Fop rule = Fop.over(new Sgd(0.1)).order(Order.M_FIRST).hyper(new Sgd(0.01));
    EXACT.run(
        () -> {
          try (Parameter p = EXACT.parameter("c", Role.CONV_KERNEL, new double[] {0}, 1, 1, 1, 1);
              State state = new State()) {
            Trial.step(rule, p, EXACT.tensor(new double[] {3}, 1, 1, 1, 1), state);
            Trial.step(rule, p, EXACT.tensor(new double[] {2}, 1, 1, 1, 1), state);
            assertEquals(1.012, state.get("M").item(), 1e-12);
            assertEquals(-0.3 - 2 * 0.1024144, p.value().item(), 1e-12);
          }
        });
  }

  /** H is linear in M, so M = 0 never moves; this is why the first M is random. */
  @Test
  void lowRankThatStartsAtZeroStaysThere() {
    Fop rule = Fop.over(new Sgd(0.1)).hyper(new Sgd(1));
    EXACT.run(
        () -> {
          double[] start = {1, 2, 3, 4, 5, 6};
          try (Parameter p = EXACT.parameter("w", Role.DENSE_WEIGHT, start, 3, 2);
              State state = new State()) {
            state.put("M", EXACT.tensor(new double[9], 3, 3));
            for (int t = 0; t < 4; t++) {
              Trial.step(rule, p, p.value().mul(0.3 + t), state);
            }
            assertArrayEquals(new double[9], state.get("M").toDoubles());
          }
        });
  }

  private static final double[] CURVATURE = {3, 1, 1, 2};
  private static final double[] FACTOR = {1, 0.1, 0, 1};

  private static Fop aroundAdam(Preset preset) {
    return Fop.over(new Adam(0.01))
        .preset(preset)
        .hyper(new Sgd(1))
        .where(Selector.all(), Preconditioner.product());
  }

  /** The second step's H, and the loss after the first, for a first M. */
  private static double[] firstStep(Preset preset, double[] m, double[] h) {
    Fop rule = aroundAdam(preset);
    return Scope.call(
        () -> {
          Tensor curvature = EXACT.tensor(CURVATURE, 2, 2);
          try (Parameter p = EXACT.parameter("p", Role.OTHER, new double[] {1, -2}, 2);
              State state = new State()) {
            state.put("M", EXACT.tensor(m, 2, 2));
            Trial.step(rule, p, curvature.matmul(p.value().unsqueeze(1)).reshape(2), state);
            Tensor g = curvature.matmul(p.value().unsqueeze(1)).reshape(2);
            double loss = g.mul(p.value()).sum().item() / 2;
            Trial.step(rule, p, g, state);
            double[] moved = state.get("M").toDoubles();
            for (int i = 0; i < 4; i++) {
              h[i] = m[i] - moved[i];
            }
            return new double[] {loss};
          }
        });
  }

  private static double[] differences(Preset preset) {
    double[] result = new double[4];
    for (int i = 0; i < 4; i++) {
      double[] up = FACTOR.clone();
      double[] down = FACTOR.clone();
      up[i] += 1e-5;
      down[i] -= 1e-5;
      double[] unused = new double[4];
      result[i] = (firstStep(preset, up, unused)[0] - firstStep(preset, down, unused)[0]) / 2e-5;
    }
    return result;
  }

  /** After Adam, P is exact; before Adam, which removes its scale, the printed formula is not. */
  @Test
  void compositionWithAdam() {
    double[] before = {-0.0196, 0.05734, 0.0593, -0.17347};
    double[] after = {-0.019634, 0.0377646, 0.039728, -0.0558492};
    double[] trueAfter = {-0.019634, 0.037764599, 0.039727999, -0.0558492};
    EXACT.run(
        () -> {
          double[] h = new double[4];
          firstStep(Preset.PAPER, FACTOR, h);
          assertArrayEquals(before, h, 1e-5);
          assertArrayEquals(new double[4], differences(Preset.PAPER), 1e-8);
          firstStep(Preset.DIRECTION, FACTOR, h);
          assertArrayEquals(after, h, 1e-7);
          assertArrayEquals(trueAfter, differences(Preset.DIRECTION), 1e-7);
          assertArrayEquals(differences(Preset.DIRECTION), h, 1e-8);
        });
  }

  /** d loss(theta - eps M M^T g) / dM of a quadratic in three dimensions, by the tape. */
  @Test
  void quadraticInThreeDimensions() {
    EXACT.run(
        () -> {
          Tensor curvature = EXACT.tensor(new double[] {4, 1, 0, 1, 3, -1, 0, -1, 2}, 3, 3);
          Tensor theta = EXACT.tensor(new double[] {1, -2, 0.5}, 3, 1);
          Tensor m = EXACT.tensor(new double[] {1, 0.2, 0, -0.1, 0.9, 0.3, 0, 0.1, 1.1}, 3, 3);
          m.requireGradient();
          Tensor g = curvature.matmul(theta);
          Tensor[] taped =
              Tape.record(
                  tape -> {
                    Tensor next = theta.sub(m.matmul(m.transpose().matmul(g)).mul(0.1));
                    Tensor loss = next.mul(curvature.matmul(next)).sum().mul(0.5);
                    return new Tensor[] {tape.backward(loss).of(m), next.detach()};
                  });
          double[] h =
              new FopMatrix(Form.PRODUCT, m, Norm.NONE)
                  .hypergradient(curvature.matmul(taped[1]), g, 0.1)
                  .toDoubles();
          assertArrayEquals(taped[0].toDoubles(), h, 1e-12);
        });
  }

  @Test
  void looksAtP() {
    EXACT.run(
        () -> {
          Tensor m = EXACT.tensor(new double[] {1, 2, 0, 1}, 2, 2);
          Tensor x = EXACT.tensor(new double[] {1, 0}, 2, 1);
          FopMatrix product = new FopMatrix(Form.PRODUCT, m, Norm.NONE);
          assertArrayEquals(new double[] {5, 2, 2, 1}, product.matrix().toDoubles(), 1e-12);
          assertEquals(Math.sqrt(29), product.gain(x), 1e-12);
          assertEquals(Math.toDegrees(Math.atan(0.4)), product.angle(x), 1e-10);
          FopMatrix more = new FopMatrix(Form.IDENTITY_PLUS_PRODUCT, m, Norm.PLAIN);
          double scale = Math.sqrt(2.0 / (36 + 4 + 4 + 4));
          assertArrayEquals(
              new double[] {6 * scale, 2 * scale, 2 * scale, 2 * scale},
              more.matrix().toDoubles(),
              1e-12);
        });
  }
}
