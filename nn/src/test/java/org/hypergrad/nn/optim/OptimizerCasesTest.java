package org.hypergrad.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.junit.jupiter.api.Test;

/** Known values; where nothing else is said, PyTorch's in float64. */
class OptimizerCasesTest {
  private static final double TOLERANCE = 1e-9;

  /** A float64 parameter on the reference device, and steps with given gradients. */
  private static final class Run {
    private final Parameter parameter;
    private final Optimizer optimizer;

    Run(Rule rule, double... start) {
      parameter = new Parameter("p", Role.OTHER, Tensor.of(start, start.length));
      optimizer = Optimizer.of(rule, List.of(parameter));
    }

    Run step(double... gradient) {
      Tensor g = Tensor.of(gradient, gradient.length);
      optimizer.step(Gradients.of(Map.of(parameter.value(), g)));
      assertArrayEquals(gradient, g.toDoubles(), "the gradient was changed");
      return this;
    }

    Run absent() {
      optimizer.step(Gradients.of(Map.of()));
      return this;
    }

    void is(double... expected) {
      assertArrayEquals(expected, parameter.value().toDoubles(), TOLERANCE);
    }
  }

  private static void run(Rule rule, double[] start, Consumer<Run> body) {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Run run = new Run(rule, start);
                      try (Parameter _ = run.parameter;
                          Optimizer _ = run.optimizer) {
                        body.accept(run);
                      }
                    }));
  }

  private static double[] at(double... values) {
    return values;
  }

  @Test
  void adam3Steps() {
    run(
        new Adam(0.01),
        at(0, 0, 0),
        p -> {
          p.step(1, -2, .5).is(-0.01, 0.01, -0.01);
          p.step(-1, -2, 0).is(-0.009473684, 0.02, -0.016700582);
          p.step(1, 4, 0).is(-0.012831618, 0.019243507, -0.021880152);
        });
  }

  @Test
  void adamL2VsAdamW() {
    run(new Adam(0.1).weightDecay(0.2), at(-20), p -> p.step(1).is(-19.9));
    run(Adam.adamW(0.1, 0.2), at(-20), p -> p.step(1).is(-19.699999999));
  }

  @Test
  void adamWOrder() {
    run(
        Adam.adamW(0.1, 0.1),
        at(1),
        p -> {
          p.step(1).is(0.890000001);
          p.step(1).is(0.781100002);
        });
  }

  @Test
  void sgdDampeningFirstStep() {
    run(
        new Sgd(0.1).momentum(0.9).dampening(0.5),
        at(1),
        p -> {
          p.step(1).is(0.9);
          p.step(1).is(0.76);
          p.step(1).is(0.584);
        });
  }

  @Test
  void sgdLrOutsideVelocity() {
    run(
        new Sgd(0.1).momentum(0.9),
        at(1),
        p -> {
          p.optimizer.schedule(Schedule.steps(0.1, 1));
          p.step(1).is(0.9);
          p.step(1).is(0.881);
        });
  }

  @Test
  void optimGradNotMutated() {
    run(new Sgd(0.1).weightDecay(0.5), at(2), p -> p.step(1).is(1.8));
  }

  @Test
  void optimNullGrad() {
    Rule rule = new Sgd(0.1).momentum(0.9).weightDecay(0.1);
    run(
        rule,
        at(1),
        p -> {
          p.step(1).is(0.89);
          p.absent().is(0.89);
          p.step(0).is(0.7821);
        });
  }

  @Test
  void clipNormGlobal() {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      try (Parameter a = new Parameter("a", Role.OTHER, Tensor.of(at(0), 1));
                          Parameter b = new Parameter("b", Role.OTHER, Tensor.of(at(0), 1))) {
                        Gradients g =
                            Gradients.of(
                                Map.of(
                                    a.value(), Tensor.of(at(3), 1),
                                    b.value(), Tensor.of(at(4), 1)));
                        List<Parameter> both = List.of(a, b);
                        assertEquals(5, GradientNorm.of(g, both));
                        Gradients clipped = GradientNorm.clip(g, both, 1);
                        assertEquals(0.59999988, clipped.of(a.value()).item(), 1e-8);
                        assertEquals(0.79999984, clipped.of(b.value()).item(), 1e-8);
                        assertEquals(3, g.of(a.value()).item());
                        Gradients kept = GradientNorm.clip(g, both, 10);
                        assertEquals(3, kept.of(a.value()).item());
                        assertEquals(4, kept.of(b.value()).item());
                        assertThrows(ArgumentException.class, () -> GradientNorm.clip(g, both, 0));
                        Gradients bad =
                            Gradients.of(Map.of(a.value(), Tensor.of(at(Double.NaN), 1)));
                        assertThrows(
                            ArgumentException.class, () -> GradientNorm.clip(bad, both, 1));
                      }
                    }));
  }

  @Test
  void gradAccumWeighted() {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      try (Parameter w = new Parameter("w", Role.OTHER, Tensor.of(at(1), 1));
                          Accumulator sum = new Accumulator()) {
                        sum.add(meanOfProduct(w, 1, 2), 2);
                        sum.add(meanOfProduct(w, 3), 1);
                        assertEquals(2, sum.take().of(w.value()).item(), 1e-15);
                        sum.add(meanOfProduct(w, 7), 1);
                        assertEquals(7, sum.take().of(w.value()).item(), "it starts anew");
                      }
                    }));
  }

  private static Gradients meanOfProduct(Parameter w, double... x) {
    return Tape.record(tape -> tape.backward(w.value().mul(Tensor.of(x, x.length)).mean()));
  }
}
