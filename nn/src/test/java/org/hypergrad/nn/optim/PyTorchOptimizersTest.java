package org.hypergrad.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule against PyTorch, in float64 on the reference and in float32 on each device. */
class PyTorchOptimizersTest {
  private static final Map<String, Rule> RULES = new LinkedHashMap<>();

  static {
    RULES.put("sgd", new Sgd(0.1));
    RULES.put("sgd_decay", new Sgd(0.1).weightDecay(0.01));
    RULES.put("momentum", new Sgd(0.1).momentum(0.9));
    RULES.put("dampening", new Sgd(0.1).momentum(0.9).dampening(0.3));
    RULES.put("nesterov", new Sgd(0.1).momentum(0.9).withNesterov().weightDecay(0.01));
    RULES.put("rmsprop", new RmsProp(0.01));
    RULES.put("rmsprop_alpha_epsilon", new RmsProp(0.01).alpha(0.9).epsilon(1e-3));
    RULES.put("rmsprop_momentum", new RmsProp(0.01).momentum(0.5));
    RULES.put("rmsprop_centered", new RmsProp(0.01).momentum(0.5).withCentering().weightDecay(0.1));
    RULES.put("adagrad", new Adagrad(0.1));
    RULES.put(
        "adagrad_all", new Adagrad(0.1).rateDecay(0.1).weightDecay(0.01).first(0.2).epsilon(1e-3));
    RULES.put("adam", new Adam(0.01));
    RULES.put("adam_all", new Adam(0.02).betas(0.8, 0.95).epsilon(1e-3).weightDecay(0.1));
    RULES.put("adamw", Adam.adamW(0.01, 0.1));
  }

  private static JsonNode fixture() {
    try (InputStream in = PyTorchOptimizersTest.class.getResourceAsStream("optimizers.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<String> names() {
    return List.copyOf(RULES.keySet());
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }

  private static Tensor tensor(boolean wide, double[] values) {
    if (wide) {
      return Tensor.of(values, values.length);
    }
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return Tensor.of(narrow, narrow.length);
  }

  private static void follow(Device device, boolean wide, Rule rule, String name, double delta) {
    JsonNode fixture = fixture();
    device.run(
        () ->
            Scope.run(
                () -> {
                  Tensor start = tensor(wide, numbers(fixture.get("start")));
                  try (Parameter p = new Parameter("p", Role.OTHER, start);
                      Optimizer optimizer = Optimizer.of(rule, List.of(p))) {
                    for (int t = 0; t < fixture.get("gradients").size(); t++) {
                      Tensor g = tensor(wide, numbers(fixture.get("gradients").get(t)));
                      optimizer.step(Gradients.of(Map.of(p.value(), g)));
                      assertArrayEquals(
                          numbers(fixture.get("cases").get(name).get(t)),
                          p.value().toDoubles(),
                          delta,
                          name + " after step " + (t + 1));
                    }
                  }
                }));
  }

  @ParameterizedTest
  @MethodSource("names")
  void followsPyTorch(String name) {
    Rule rule = RULES.get(name);
    follow(Device.reference(), true, rule, name, 1e-12);
    follow(Device.reference(), false, rule, name, 1e-5);
    follow(Device.cpu(), false, rule, name, 1e-5);
  }

  @Test
  void everyTrajectoryHasARule() {
    TreeSet<String> trajectories = new TreeSet<>();
    fixture().get("cases").fieldNames().forEachRemaining(trajectories::add);
    assertEquals(trajectories, new TreeSet<>(RULES.keySet()));
  }
}
