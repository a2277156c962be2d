package org.hypergrad.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.EngineException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.layer.MaxPool2d;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SequentialTest {
  private static Sequential network() {
    Generator random = new Generator(1);
    return Sequential.builder()
        .add(
            "features",
            Sequential.of(
                new Conv2d(random, 1, 2, 3),
                new BatchNorm2d(2),
                new MaxPool2d(2),
                Conv2d.builder(2, 2, 5).withoutBias().build(random)))
        .add("flatten", new Flatten())
        .add("drop", new Dropout(new Generator(2), 0.5))
        .add("head", new Linear(random, 2, 3))
        .build();
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void namesArePaths(Device device) {
    try (Sequential network = device.call(SequentialTest::network)) {
      assertEquals(
          List.of(
              "features.0.weight",
              "features.0.bias",
              "features.1.weight",
              "features.1.bias",
              "features.3.weight",
              "head.weight",
              "head.bias"),
          network.parameters().stream().map(Parameter::name).toList());
      assertEquals(
          List.of("features.1.running_mean", "features.1.running_var"),
          List.copyOf(network.buffers().keySet()));
      assertEquals(List.of("drop.generator"), List.copyOf(network.generators().keySet()));
      assertEquals(2, network.generators().get("drop.generator").seed());
    }
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void trainAndEvalReachAll(Device device) {
    try (Sequential network = device.call(SequentialTest::network)) {
      assertEquals(9, network.modules().size());
      assertTrue(network.modules().values().stream().allMatch(Module::isTraining));
      network.eval();
      assertTrue(network.modules().values().stream().noneMatch(Module::isTraining));
      network.children().get("features").train();
      assertEquals(
          List.of("features", "features.0", "features.1", "features.2", "features.3"),
          network.modules().entrySet().stream()
              .filter(e -> e.getValue().isTraining())
              .map(e -> e.getKey())
              .toList());
      network.train();
      assertTrue(network.modules().values().stream().allMatch(Module::isTraining));
    }
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void anErrorNamesTheLayer(Device device) {
    device.run(
        () -> {
          try (Sequential network = network()) {
            Scope.run(
                () -> {
                  ShapeException small =
                      assertThrows(
                          ShapeException.class, () -> network.apply(Tensor.zeros(2, 1, 8, 8)));
                  assertEquals("Sequential.features.3", small.place());
                  assertEquals("kernel is larger than the padded image", small.problem());
                  assertTrue(
                      small.expected().startsWith("dilation * (kernel - 1) + 1 <= extent + pad"),
                      small.expected());
                  assertTrue(small.getMessage().startsWith("in Sequential.features.3: conv2d: "));
                  ShapeException large =
                      assertThrows(
                          ShapeException.class, () -> network.apply(Tensor.zeros(2, 1, 14, 12)));
                  assertEquals("Sequential.head", large.place());
                  assertEquals("float32[2, 4]", large.got());
                  assertEquals("x [..., 2] of rank 2 or more", large.expected());
                });
          }
        });
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void appliesInOrder(Device device) {
    device.run(
        () ->
            Scope.run(
                () -> {
                  Tensor x = Tensor.of(new float[] {-1, 3}, 2);
                  Sequential doubledAndAdded =
                      Sequential.of(
                          Activation.of("double", t -> t.mul(2)),
                          Activation.of("add", t -> t.add(1)),
                          Activation.relu());
                  assertArrayEquals(new float[] {0, 7}, doubledAndAdded.apply(x).toFloats());
                  assertSame(x, Sequential.of().apply(x));
                }));
  }

  @ParameterizedTest
  @MethodSource("badNames")
  void refusesNames(String name) {
    Sequential.Builder builder = Sequential.builder().add("a", Activation.relu());
    EngineException e =
        assertThrows(ArgumentException.class, () -> builder.add(name, Activation.relu()).build());
    assertEquals("\"" + name + "\"", e.got());
  }

  static List<String> badNames() {
    return List.of("a", " ", "b.c");
  }
}
