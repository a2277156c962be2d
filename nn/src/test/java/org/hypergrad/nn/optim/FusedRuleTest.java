package org.hypergrad.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A step of all parameters at once is the step that the tensor ops of a rule make. */
class FusedRuleTest {
  private static final long[][] SHAPES = {{67}, {1}, {3, 5, 3, 3}, {128, 100}};
  private static final int STEPS = 6;

  static List<FusedRule> rules() {
    return List.of(
        new Sgd(0.1),
        new Sgd(0.1).weightDecay(0.01),
        new Sgd(0.1).momentum(0.9),
        new Sgd(0.1).momentum(0.9).dampening(0.3).weightDecay(0.01),
        new Sgd(0.1).momentum(0.9).withNesterov(),
        new RmsProp(0.01),
        new RmsProp(0.01).alpha(0.9).epsilon(1e-3).momentum(0.5).weightDecay(0.1),
        new RmsProp(0.01).momentum(0.5).withCentering(),
        new Adagrad(0.1),
        new Adagrad(0.1).rateDecay(0.1).weightDecay(0.01).first(0.2).epsilon(1e-3),
        new Adam(0.01),
        new Adam(0.02).betas(0.8, 0.95).epsilon(1e-3).weightDecay(0.1),
        Adam.adamW(0.01, 0.1));
  }

  /** Parameters after some steps, and the states, by name. */
  private static Map<String, double[]> train(FusedRule rule, DType dtype, boolean fused) {
    Map<String, double[]> result = new HashMap<>();
    List<Parameter> parameters = new ArrayList<>();
    for (int i = 0; i < SHAPES.length; i++) {
      Tensor first = new Generator(i).normal(1, SHAPES[i]).to(dtype);
      parameters.add(new Parameter("p" + i, Role.OTHER, first));
    }
    try (Optimizer optimizer = Optimizer.of(rule, parameters)) {
      for (int step = 0; step < STEPS; step++) {
        Map<Tensor, Tensor> gradients = new HashMap<>();
        for (int i = 0; i < SHAPES.length; i++) {
          Tensor g = new Generator(1000L * (step + 1) + i).normal(1, SHAPES[i]).to(dtype);
          gradients.put(parameters.get(i).value(), g);
        }
        if (fused) {
          optimizer.step(Gradients.of(gradients));
        } else {
          for (Parameter p : parameters) {
            Tensor g = gradients.get(p.value());
            rule.step(p, g, optimizer.state(p.name()), rule.rate());
          }
        }
      }
      for (Parameter p : parameters) {
        result.put(p.name(), p.value().toDoubles());
        optimizer
            .state(p.name())
            .tensors()
            .forEach((name, state) -> result.put(p.name() + " " + name, state.toDoubles()));
      }
    }
    parameters.forEach(Parameter::close);
    return result;
  }

  @ParameterizedTest
  @MethodSource("rules")
  void onTheProcessorBothGiveTheSameBits(FusedRule rule) {
    Device.cpu()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Map<String, double[]> plain = train(rule, DType.FLOAT32, false);
                      Map<String, double[]> fused = train(rule, DType.FLOAT32, true);
                      assertEquals(plain.keySet(), fused.keySet());
                      plain.forEach((name, x) -> assertArrayEquals(x, fused.get(name), name));
                    }));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void inDoubleTheyDifferByRoundingAlone(FusedRule rule) {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Map<String, double[]> plain = train(rule, DType.FLOAT64, false);
                      Map<String, double[]> fused = train(rule, DType.FLOAT64, true);
                      plain.forEach(
                          (name, x) -> assertArrayEquals(x, fused.get(name), 1e-13, name));
                    }));
  }
}
