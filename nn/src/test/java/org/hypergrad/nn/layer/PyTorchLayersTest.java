package org.hypergrad.nn.layer;

import static org.hypergrad.nn.Fixtures.assertNear;
import static org.hypergrad.nn.Fixtures.tensor;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Fixtures;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Sequential;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Outputs, gradients and buffers of every layer are those of PyTorch in float64, which {@code
 * layers.py} beside the fixture computed.
 */
class PyTorchLayersTest {
  private static final JsonNode FIXTURES = Fixtures.pytorch().required("layers");
  private static final Map<String, Supplier<Module>> LAYERS = new TreeMap<>();
  private static final Generator RANDOM = new Generator(1);

  static {
    products();
    normalisations();
    pooling();
    pointwise();
    LAYERS.put(
        "sequential",
        () ->
            Sequential.of(
                Conv2d.builder(1, 2, 3).padding(1).build(RANDOM),
                new BatchNorm2d(2),
                Activation.relu(),
                new MaxPool2d(2),
                new Flatten()));
  }

  private static void products() {
    LAYERS.put("linear", () -> new Linear(RANDOM, 5, 3));
    LAYERS.put("linear without bias", () -> Linear.builder(5, 3).withoutBias().build(RANDOM));
    LAYERS.put("linear rank 4", () -> new Linear(RANDOM, 3, 2));
    LAYERS.put("conv", () -> new Conv2d(RANDOM, 2, 3, 3));
    LAYERS.put(
        "conv strided", () -> Conv2d.builder(4, 6, 3).stride(2).padding(1).groups(2).build(RANDOM));
    LAYERS.put(
        "conv uneven",
        () ->
            Conv2d.builder(2, 3, 2, 3)
                .stride(2, 1)
                .padding(1, 2)
                .dilation(1, 2)
                .withoutBias()
                .build(RANDOM));
    LAYERS.put(
        "conv same", () -> Conv2d.builder(1, 2, 2, 4).samePadding().dilation(2).build(RANDOM));
    LAYERS.put("conv depthwise", () -> Conv2d.builder(3, 3, 3).padding(1).groups(3).build(RANDOM));
    LAYERS.put("conv transposed", () -> new ConvTranspose2d(RANDOM, 2, 3, 3));
    LAYERS.put(
        "conv transposed strided",
        () ->
            ConvTranspose2d.builder(4, 6, 3)
                .stride(2)
                .padding(1)
                .outputPadding(1)
                .groups(2)
                .build(RANDOM));
    LAYERS.put(
        "conv transposed uneven",
        () ->
            ConvTranspose2d.builder(2, 3, 2, 3)
                .stride(3, 1)
                .padding(0, 1)
                .outputPadding(2, 0)
                .dilation(1, 2)
                .withoutBias()
                .build(RANDOM));
  }

  private static void normalisations() {
    LAYERS.put("batch norm 1d", () -> new BatchNorm1d(3));
    LAYERS.put(
        "batch norm 1d of series",
        () -> BatchNorm1d.builder(3).epsilon(1e-2).momentum(0.7).build());
    LAYERS.put("batch norm 1d eval", () -> new BatchNorm1d(3));
    LAYERS.put("batch norm 2d", () -> new BatchNorm2d(2));
    LAYERS.put("batch norm 2d after others", () -> BatchNorm2d.builder(2).momentum(0.3).build());
    LAYERS.put("batch norm 2d eval", () -> BatchNorm2d.builder(2).epsilon(1e-3).build());
    LAYERS.put("layer norm", () -> new LayerNorm(6));
    LAYERS.put("layer norm of two axes", () -> LayerNorm.builder(2, 3).epsilon(1e-2).build());
  }

  private static void pooling() {
    LAYERS.put("max pool", () -> new MaxPool2d(2));
    LAYERS.put(
        "max pool overlapping", () -> MaxPool2d.builder(3).stride(2).padding(1).ceil().build());
    LAYERS.put(
        "max pool uneven",
        () -> MaxPool2d.builder(2, 3).stride(1, 2).padding(1, 0).dilation(2, 1).build());
    LAYERS.put("avg pool", () -> new AvgPool2d(2));
    LAYERS.put(
        "avg pool overlapping", () -> AvgPool2d.builder(3).stride(2).padding(1).ceil().build());
    LAYERS.put(
        "avg pool without padding",
        () -> AvgPool2d.builder(3, 2).stride(2, 1).padding(1).excludePadding().build());
    LAYERS.put("adaptive avg pool", () -> new AdaptiveAvgPool2d(3, 2));
    LAYERS.put("global avg pool", AdaptiveAvgPool2d::global);
  }

  private static void pointwise() {
    LAYERS.put("flatten", Flatten::new);
    LAYERS.put("relu", Activation::relu);
    LAYERS.put("leaky relu", () -> Activation.leakyRelu(0.2));
    LAYERS.put("tanh", Activation::tanh);
    LAYERS.put("sigmoid", Activation::sigmoid);
    LAYERS.put("silu", Activation::silu);
    LAYERS.put("gelu", Activation::gelu);
    LAYERS.put("gelu tanh", Activation::geluTanh);
    LAYERS.put("softplus", Activation::softplus);
    LAYERS.put("softmax", () -> Activation.softmax(-1));
    LAYERS.put("log softmax", () -> Activation.logSoftmax(1));
  }

  static Stream<Arguments> layers() {
    return LAYERS.keySet().stream()
        .flatMap(name -> Fixtures.devices().map(device -> Arguments.of(name, device)));
  }

  @Test
  void everyFixtureIsUsed() {
    TreeSet<String> names = new TreeSet<>();
    FIXTURES.fieldNames().forEachRemaining(names::add);
    assertEquals(names, new TreeSet<>(LAYERS.keySet()));
  }

  @ParameterizedTest
  @MethodSource("layers")
  void agreesWithPyTorch(String name, Device device) {
    JsonNode fixture = FIXTURES.required(name);
    device.run(
        () -> {
          try (Module layer = LAYERS.get(name).get()) {
            Scope.run(() -> check(layer, fixture, name.endsWith("eval")));
          }
        });
  }

  private static void check(Module layer, JsonNode fixture, boolean eval) {
    Map<String, Tensor> parameters = new HashMap<>();
    layer.parameters().forEach(p -> parameters.put(p.name(), p.value()));
    assign(fixture.required("parameters"), parameters);
    assign(fixture.required("buffers_before"), layer.buffers());
    List<Tensor> batches = new ArrayList<>();
    fixture.required("batches").forEach(b -> batches.add(tensor(b)));
    Tensor x = batches.removeLast().requireGradient();
    batches.forEach(layer::apply);
    if (eval) {
      layer.eval();
    }
    Tensor[] output = new Tensor[1];
    Gradients gradients =
        Tape.record(
            tape -> {
              output[0] = layer.apply(x);
              assertNear("output", fixture.required("output"), output[0]);
              return tape.backward(
                  List.of(output[0]), List.of(tensor(fixture.required("arriving"))));
            });
    assertNear("gradient of x", fixture.required("x_gradient"), gradients.of(x));
    compare(fixture.required("gradients"), parameters, gradients::of);
    compare(fixture.required("buffers"), layer.buffers(), Function.identity());
  }

  private static void assign(JsonNode values, Map<String, Tensor> tensors) {
    assertEquals(names(values), new TreeSet<>(tensors.keySet()));
    tensors.forEach(
        (name, tensor) -> {
          assertEquals(Fixtures.shape(values.required(name)), tensor.shape(), name);
          tensor.assign(tensor(values.required(name)));
        });
  }

  private static void compare(
      JsonNode expected, Map<String, Tensor> tensors, Function<Tensor, Tensor> actual) {
    assertEquals(names(expected), new TreeSet<>(tensors.keySet()));
    tensors.forEach((n, t) -> assertNear(n, expected.required(n), actual.apply(t)));
  }

  private static TreeSet<String> names(JsonNode object) {
    TreeSet<String> names = new TreeSet<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void parametersHaveTheirRoles() {
    Device.reference()
        .run(
            () -> {
              assertRoles("[weight CONV_KERNEL, bias BIAS]", new Conv2d(RANDOM, 1, 1, 1));
              assertRoles(
                  "[weight TRANSPOSED_CONV_KERNEL, bias BIAS]",
                  new ConvTranspose2d(RANDOM, 1, 1, 1));
              assertRoles("[weight DENSE_WEIGHT, bias BIAS]", new Linear(RANDOM, 1, 1));
              assertRoles("[weight SCALE, bias SHIFT]", new BatchNorm1d(1));
              assertRoles("[weight SCALE, bias SHIFT]", new BatchNorm2d(1));
              assertRoles("[weight SCALE, bias SHIFT]", new LayerNorm(1));
            });
  }

  private static void assertRoles(String expected, Module layer) {
    try (layer) {
      List<String> roles = new ArrayList<>();
      for (Parameter p : layer.parameters()) {
        roles.add(p.name() + " " + p.role());
      }
      assertEquals(expected, roles.toString());
    }
  }
}
