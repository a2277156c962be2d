package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.Stream;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Figure 1 of the paper: steps until f &lt; 1e-6, counted by an independent prototype in numpy. The
 * paper has 832, 6221 and 543 for Booth's function, 386, 5398 and 289 for Himmelblau's.
 */
class ToyTest {
  /** A function of the plane with its derivative. */
  private enum Toy {
    /** (x + 2y - 7)^2 + (2x + y - 5)^2, from (0, -4) at rate .005. */
    BOOTH(0.005, 0, -4) {
      @Override
      double value(double x, double y) {
        return Math.pow(x + 2 * y - 7, 2) + Math.pow(2 * x + y - 5, 2);
      }

      @Override
      double[] gradient(double x, double y) {
        double a = x + 2 * y - 7;
        double b = 2 * x + y - 5;
        return new double[] {2 * a + 4 * b, 4 * a + 2 * b};
      }
    },
    /** (x^2 + y - 11)^2 + (x + y^2 - 7)^2, from (0, -1) at rate .001. */
    HIMMELBLAU(0.001, 0, -1) {
      @Override
      double value(double x, double y) {
        return Math.pow(x * x + y - 11, 2) + Math.pow(x + y * y - 7, 2);
      }

      @Override
      double[] gradient(double x, double y) {
        double a = x * x + y - 11;
        double b = x + y * y - 7;
        return new double[] {4 * x * a + 2 * b, 2 * a + 4 * y * b};
      }
    };

    final double rate;
    final double[] start;

    Toy(double rate, double... start) {
      this.rate = rate;
      this.start = start;
    }

    abstract double value(double x, double y);

    abstract double[] gradient(double x, double y);

    Fop fop() {
      return Fop.over(new Sgd(rate))
          .hyper(new Sgd(0.01))
          .where(Selector.all(), Preconditioner.product());
    }
  }

  static Stream<Arguments> counts() {
    Toy booth = Toy.BOOTH;
    Toy other = Toy.HIMMELBLAU;
    return Stream.of(
        Arguments.of(832, booth, new Sgd(0.005)),
        Arguments.of(6221, booth, new Adam(0.005)),
        Arguments.of(536, booth, booth.fop()),
        Arguments.of(540, booth, booth.fop().order(Order.M_FIRST)),
        Arguments.of(539, booth, booth.fop().hypergradientAt(HypergradientAt.PREVIOUS_M)),
        Arguments.of(825, booth, booth.fop().hyper(new Sgd(1e-4))),
        Arguments.of(782, booth, booth.fop().hyper(new Sgd(1e-3))),
        Arguments.of(568, booth, booth.fop().hyper(new Adam(0.1))),
        Arguments.of(546, booth, booth.fop().hyper(new Adam(0.15))),
        Arguments.of(386, other, new Sgd(0.001)),
        Arguments.of(5397, other, new Adam(0.001)),
        Arguments.of(290, other, other.fop()),
        Arguments.of(289, other, other.fop().order(Order.M_FIRST)),
        Arguments.of(291, other, other.fop().hypergradientAt(HypergradientAt.PREVIOUS_M)),
        Arguments.of(319, other, other.fop().hyper(new Adam(1e-3))),
        Arguments.of(270, other, other.fop().hyper(new Adam(0.01))));
  }

  /** Steps done, and where they ended. */
  private record Run(int steps, double[] end) {}

  private static Run descend(Toy toy, Rule rule) {
    return Trial.EXACT
        .device()
        .call(
            () ->
                org.hypergrad.engine.Scope.call(
                    () -> {
                      try (Parameter p = Trial.EXACT.parameter("x", Role.OTHER, toy.start, 2);
                          State state = new State()) {
                        double[] at = toy.start;
                        int steps = 0;
                        while (!(toy.value(at[0], at[1]) < 1e-6) && steps < 10_000) {
                          double[] g = toy.gradient(at[0], at[1]);
                          org.hypergrad.engine.Scope.run(
                              () -> Trial.step(rule, p, Trial.EXACT.tensor(g, 2), state));
                          at = p.value().toDoubles();
                          steps++;
                        }
                        return new Run(steps, at);
                      }
                    }));
  }

  @ParameterizedTest(name = "{1} in {0} steps: {2}")
  @MethodSource
  void counts(int steps, Toy toy, Rule rule) {
    assertEquals(steps, descend(toy, rule).steps);
  }

  /** FOP ends where plain descent ends, Adam in another minimum, as the paper's caption says. */
  @Test
  void endsInThePapersMinima() {
    Toy toy = Toy.HIMMELBLAU;
    double[] minimum = {3.584428, -1.848127};
    assertArrayEquals(minimum, descend(toy, new Sgd(0.001)).end, 1e-3);
    assertArrayEquals(minimum, descend(toy, toy.fop()).end, 1e-3);
    assertArrayEquals(new double[] {3, 2}, descend(toy, new Adam(0.001)).end, 1e-3);
  }

  /** 2 rho eps |g| |g'| is near 1.9 at the start here, and M grows without end. */
  @Test
  void stopsWhereItRunsAway() {
    FopException e =
        assertThrows(
            FopException.class, () -> descend(Toy.BOOTH, Toy.BOOTH.fop().hyper(new Sgd(0.02))));
    assertEquals("x", e.parameter());
  }
}
