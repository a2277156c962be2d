package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.State;

/**
 * A place where rules are tried: a device, an element type, and how close results there are to
 * float64's.
 */
record Trial(Device device, DType dtype, double tolerance) {
  static final Trial EXACT = new Trial(Device.reference(), DType.FLOAT64, 1e-10);

  static List<Trial> all() {
    return List.of(
        EXACT,
        new Trial(Device.reference(), DType.FLOAT32, 1e-5),
        new Trial(Device.cpu(), DType.FLOAT32, 1e-5));
  }

  static JsonNode resource(String name) {
    try (InputStream in = Trial.class.getResourceAsStream(name)) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All numbers within, in order. */
  static double[] numbers(JsonNode node) {
    List<Double> all = new ArrayList<>();
    collect(node, all);
    return all.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void collect(JsonNode node, List<Double> into) {
    if (node.isNumber()) {
      into.add(node.asDouble());
    }
    node.forEach(child -> collect(child, into));
  }

  void run(Runnable body) {
    device.run(() -> Scope.run(body));
  }

  Tensor tensor(double[] values, long... extents) {
    if (dtype == DType.FLOAT64) {
      return Tensor.of(values, extents);
    }
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return Tensor.of(narrow, extents);
  }

  Parameter parameter(String name, Role role, double[] values, long... extents) {
    return new Parameter(name, role, tensor(values, extents));
  }

  /** Relative to 1 and to the value. */
  void assertNear(double[] expected, double[] actual, String what) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < expected.length; i++) {
      double delta = tolerance * (1 + Math.abs(expected[i]));
      assertEquals(expected[i], actual[i], delta, what + " [" + i + "] " + this);
    }
  }

  /** One step as the optimizer makes it. */
  static void step(Rule rule, Parameter parameter, Tensor gradient, State state) {
    Scope.run(() -> rule.step(List.of(new Rule.Update(parameter, gradient, state)), rule.rate()));
  }

  /** Values of a parameter after steps by given gradients, by an optimizer. */
  double[] end(Rule rule, Role role, double[] start, double[][] gradients, long... extents) {
    return device.call(
        () ->
            Scope.call(
                () -> {
                  try (Parameter p = parameter("layer.weight", role, start, extents);
                      Optimizer optimizer = Optimizer.of(rule, List.of(p))) {
                    for (double[] values : gradients) {
                      Tensor g = tensor(values, extents);
                      optimizer.step(Gradients.of(java.util.Map.of(p.value(), g)));
                      org.junit.jupiter.api.Assertions.assertArrayEquals(
                          tensor(values, extents).toDoubles(), g.toDoubles(), "gradient changed");
                    }
                    return p.value().toDoubles();
                  }
                }));
  }
}
