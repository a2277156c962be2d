package org.hypergrad.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.LifetimeException;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OptimizerTest {
  /** A rule, and the same with one hyper-parameter changed. */
  static Stream<Arguments> changes() {
    Sgd momentum = new Sgd(0.1).momentum(0.9);
    RmsProp rms = new RmsProp(0.01);
    Adagrad adagrad = new Adagrad(0.1);
    Adam adam = new Adam(0.01);
    return Stream.of(
        Arguments.of("sgd rate", momentum, new Sgd(0.2).momentum(0.9)),
        Arguments.of("sgd momentum", momentum, momentum.momentum(0.8)),
        Arguments.of("sgd dampening", momentum, momentum.dampening(0.1)),
        Arguments.of("sgd nesterov", momentum, momentum.withNesterov()),
        Arguments.of("sgd weight decay", momentum, momentum.weightDecay(0.1)),
        Arguments.of("rmsprop rate", rms, new RmsProp(0.02)),
        Arguments.of("rmsprop alpha", rms, rms.alpha(0.9)),
        Arguments.of("rmsprop epsilon", rms, rms.epsilon(0.1)),
        Arguments.of("rmsprop momentum", rms, rms.momentum(0.5)),
        Arguments.of("rmsprop centered", rms, rms.withCentering()),
        Arguments.of("rmsprop weight decay", rms, rms.weightDecay(0.1)),
        Arguments.of("adagrad rate", adagrad, new Adagrad(0.2)),
        Arguments.of("adagrad rate decay", adagrad, adagrad.rateDecay(0.1)),
        Arguments.of("adagrad first", adagrad, adagrad.first(0.1)),
        Arguments.of("adagrad epsilon", adagrad, adagrad.epsilon(0.1)),
        Arguments.of("adagrad weight decay", adagrad, adagrad.weightDecay(0.1)),
        Arguments.of("adam rate", adam, new Adam(0.02)),
        Arguments.of("adam beta1", adam, adam.betas(0.8, 0.999)),
        Arguments.of("adam beta2", adam, adam.betas(0.9, 0.9)),
        Arguments.of("adam epsilon", adam, adam.epsilon(0.1)),
        Arguments.of("adam weight decay", adam, adam.weightDecay(0.1)),
        Arguments.of("adam decoupled decay", adam, Adam.adamW(0.01, 0.1)));
  }

  private static double[] threeSteps(Rule rule) {
    return Device.reference()
        .call(
            () ->
                Scope.call(
                    () -> {
                      Tensor start = Tensor.of(new double[] {1, -2}, 2);
                      try (Parameter p = new Parameter("p", Role.OTHER, start);
                          Optimizer optimizer = Optimizer.of(rule, List.of(p))) {
                        for (double scale : new double[] {1, -0.5, 2}) {
                          Tensor g = Tensor.of(new double[] {scale, 0.3 * scale * scale}, 2);
                          optimizer.step(Gradients.of(Map.of(p.value(), g)));
                        }
                        return p.value().toDoubles();
                      }
                    }));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changes")
  void everyHyperParameterMatters(String name, Rule rule, Rule changed) {
    double[] first = threeSteps(rule);
    assertFalse(Arrays.equals(first, threeSteps(changed)), name);
    assertArrayEquals(first, threeSteps(rule));
  }

  @Test
  void refusesHyperParametersOutOfRange() {
    Sgd sgd = new Sgd(0.1);
    Adam adam = new Adam(0.1);
    RmsProp rms = new RmsProp(0.1);
    List<org.junit.jupiter.api.function.Executable> refused =
        List.of(
            () -> new Sgd(-0.1),
            () -> new Sgd(Double.NaN),
            () -> new Sgd(Double.POSITIVE_INFINITY),
            () -> sgd.momentum(1),
            () -> sgd.dampening(1.1),
            () -> sgd.weightDecay(-1),
            sgd::withNesterov,
            () -> sgd.momentum(0.9).dampening(0.1).withNesterov(),
            () -> adam.betas(1, 0.9),
            () -> adam.betas(0.9, -0.1),
            () -> adam.epsilon(-1),
            () -> Adam.adamW(0.1, -1),
            () -> rms.alpha(1),
            () -> rms.momentum(-0.1),
            () -> new Adagrad(0.1).first(-1),
            () -> new Adagrad(0.1).rateDecay(-1),
            () -> Schedule.steps(0, 3),
            () -> Schedule.cosine(0, 0),
            () -> Schedule.cosine(5, Double.NaN),
            () -> Schedule.cosine(5, -0.1),
            () -> Schedule.constant().warmUp(0));
    for (int i = 0; i < refused.size(); i++) {
      assertThrows(ArgumentException.class, refused.get(i), "number " + i);
    }
    ArgumentException e = assertThrows(ArgumentException.class, () -> sgd.momentum(1.5));
    assertEquals("sgd: momentum out of range; got momentum 1.5; expected [0, 1)", e.getMessage());
  }

  /** The variance of a constant is 0, and rounding may make it less. */
  @Test
  void centeredRmsPropTakesConstantGradients() {
    Scope.run(
        () -> {
          try (Parameter p = new Parameter("p", Role.OTHER, Tensor.zeros(2000));
              Optimizer optimizer =
                  Optimizer.of(new RmsProp(1e-9).alpha(0.5).withCentering(), List.of(p))) {
            Tensor constant = Tensor.arange(1, 0.37, 2000, DType.FLOAT32);
            for (int i = 0; i < 60; i++) {
              optimizer.step(Gradients.of(Map.of(p.value(), constant)));
            }
            assertTrue(Double.isFinite(p.value().sum().item()));
          }
        });
  }

  @Test
  void aClosedOptimizerRefusesToStep() {
    Scope.run(
        () -> {
          try (Parameter p = new Parameter("p", Role.OTHER, Tensor.zeros(1))) {
            Optimizer optimizer = Optimizer.of(new Sgd(1).momentum(0.9), List.of(p));
            optimizer.close();
            optimizer.close();
            Gradients g = Gradients.of(Map.of(p.value(), Tensor.ones(1)));
            assertThrows(LifetimeException.class, () -> optimizer.step(g));
          }
        });
  }

  @Test
  void groupsGoByNameAndRoleAndTheFirstWins() {
    Scope.run(
        () -> {
          try (Parameter kernel = new Parameter("conv1.weight", Role.CONV_KERNEL, Tensor.ones(1));
              Parameter bias = new Parameter("conv1.bias", Role.BIAS, Tensor.ones(1));
              Parameter dense = new Parameter("head.weight", Role.DENSE_WEIGHT, Tensor.ones(1))) {
            List<Parameter> all = List.of(kernel, bias, dense);
            Rule slow = new Sgd(0.1);
            Rule fast = new Sgd(0.5);
            try (Optimizer optimizer =
                Optimizer.of(
                    List.of(
                        new Optimizer.Group(Selector.role(Role.BIAS), fast),
                        new Optimizer.Group(Selector.name("conv?.*"), slow),
                        new Optimizer.Group(Selector.all(), fast)),
                    all)) {
              assertEquals(slow, optimizer.rule("conv1.weight"));
              assertEquals(fast, optimizer.rule("conv1.bias"));
              Tensor one = Tensor.ones(1);
              optimizer.step(
                  Gradients.of(Map.of(kernel.value(), one, bias.value(), one, dense.value(), one)));
              assertEquals(0.9, kernel.value().item(), 1e-7);
              assertEquals(0.5, bias.value().item(), 1e-7);
              assertEquals(0.5, dense.value().item(), 1e-7);
            }
            ArgumentException e =
                assertThrows(
                    ArgumentException.class,
                    () ->
                        Optimizer.of(
                            List.of(new Optimizer.Group(Selector.name("conv*"), slow)), all));
            assertEquals("head.weight", e.got());
            List<Parameter> twice = List.of(kernel, kernel);
            assertThrows(ArgumentException.class, () -> Optimizer.of(slow, twice));
          }
        });
  }

  @Test
  void schedules() {
    Schedule steps = Schedule.steps(0.1, 3, 5);
    assertEquals(1, steps.factor(2));
    assertEquals(0.1, steps.factor(3));
    assertEquals(0.01, steps.factor(5), 1e-17);
    Schedule cosine = Schedule.cosine(100, 0.2);
    assertEquals(1, cosine.factor(0));
    assertEquals(0.6, cosine.factor(50), 1e-15);
    assertEquals(0.2 + 0.8 * (1 + Math.sqrt(0.5)) / 2, cosine.factor(25), 1e-15);
    assertEquals(0.2, cosine.factor(100));
    assertEquals(0.2, cosine.factor(1000));
    Schedule warm = cosine.warmUp(4);
    assertEquals(0.25, warm.factor(0));
    assertEquals(1, warm.factor(3));
    assertEquals(1, warm.factor(4));
    assertEquals(0.6, warm.factor(54), 1e-15);
  }

  @Test
  void scheduleScalesTheRateOfEachStep() {
    Scope.run(
        () -> {
          try (Parameter p = new Parameter("p", Role.OTHER, Tensor.zeros(1));
              Optimizer optimizer =
                  Optimizer.of(new Sgd(1), List.of(p)).schedule(Schedule.steps(0.5, 1, 2))) {
            Gradients g = Gradients.of(Map.of(p.value(), Tensor.ones(1)));
            for (int i = 0; i < 3; i++) {
              optimizer.step(g);
            }
            assertEquals(-1.75, p.value().item());
            assertEquals(3, optimizer.steps());
            optimizer.setSteps(0);
            optimizer.step(g);
            assertEquals(-2.75, p.value().item());
          }
        });
  }

  @Test
  void stateGoesByPath() {
    Scope.run(
        () -> {
          try (State state = new State();
              State copy = new State()) {
            state.put("velocity", Tensor.ones(2));
            state.child("hyper").put("mean", Tensor.zeros(1));
            state.child("hyper").count("step");
            state.child("hyper").count("step");
            assertEquals(List.of("velocity", "hyper/mean"), List.copyOf(state.tensors().keySet()));
            assertEquals(Map.of("hyper/step", 2L), state.counters());
            state.tensors().forEach((path, t) -> copy.putAt(path, t.copy()));
            state.counters().forEach(copy::setCounterAt);
            assertEquals(state.counters(), copy.counters());
            assertTrue(copy.child("hyper").has("mean"));
            copy.clear();
            assertTrue(copy.tensors().isEmpty());
          }
        });
  }
}
