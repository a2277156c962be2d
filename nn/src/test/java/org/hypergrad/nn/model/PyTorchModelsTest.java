package org.hypergrad.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.save.SafeTensors;
import org.hypergrad.nn.save.SafeTensorsWriter;
import org.hypergrad.nn.save.StateDict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole networks against PyTorch and torchvision, in float64 by models.py: outputs, losses, running
 * statistics and all gradients of one batch, with weights from a file of torchvision's names and
 * layout.
 */
class PyTorchModelsTest {
  private static final String COUNTER = "num_batches_tracked";

  @TempDir private Path folder;

  private static JsonNode fixture(String name) throws IOException {
    try (InputStream in = PyTorchModelsTest.class.getResourceAsStream(name)) {
      return new ObjectMapper().readTree(in);
    }
  }

  private static Shape shape(JsonNode extents) {
    return Shape.generate(extents.size(), i -> extents.get(i).asLong());
  }

  /** A file with the tensors of a layout, by the formula. */
  private Path weights(JsonNode layout) {
    Path file = folder.resolve("weights.safetensors");
    SafeTensorsWriter out = new SafeTensorsWriter();
    for (Map.Entry<String, JsonNode> e : layout.properties()) {
      if (e.getKey().endsWith(COUNTER)) {
        out.counter(e.getKey(), 12);
      } else {
        out.tensor(e.getKey(), Formula.first(e.getKey(), shape(e.getValue())));
      }
    }
    out.write(file);
    return file;
  }

  /**
   * Asserts the norm of a tensor and some of its elements. They are relative to the element or to
   * what elements are on average, whichever is greater.
   */
  private static void assertNear(String what, JsonNode expected, Tensor tensor, double allowed) {
    double[] actual = tensor.toDoubles();
    double norm = Math.sqrt(tensor.square().sum().item());
    double expectedNorm = expected.required("norm").asDouble();
    assertEquals(expectedNorm, norm, allowed * expectedNorm, "norm of " + what);
    JsonNode samples = expected.required("samples");
    double average = expectedNorm / Math.sqrt(actual.length);
    for (int i = 0; i < samples.size(); i++) {
      double sample = samples.get(i).asDouble();
      int at = Math.toIntExact((long) i * actual.length / samples.size());
      assertEquals(
          sample,
          actual[at],
          allowed * Math.max(average, Math.abs(sample)),
          what + "[" + at + "], elements of " + average + " on average");
    }
  }

  /** One batch forward and back. */
  private static void assertStep(
      Module model, int batch, int size, int classes, JsonNode expected, double allowed) {
    Tensor x = Formula.images(batch, size).requireGradient();
    Tensor labels = Formula.labels(batch, classes);
    Tape.record(
        tape -> {
          Tensor y = model.apply(x);
          Tensor loss = Loss.crossEntropy().apply(y, labels);
          Gradients gradients = tape.backward(loss);
          assertNear("output", expected.required("output"), y, allowed);
          double expectedLoss = expected.required("loss").asDouble();
          assertEquals(expectedLoss, loss.item(), allowed * expectedLoss, "loss");
          JsonNode byName = expected.required("gradients");
          assertEquals(byName.size(), 1 + model.parameters().size());
          assertNear("images", byName.required("images"), gradients.of(x), allowed);
          for (Parameter p : model.parameters()) {
            Tensor g = gradients.of(p.value());
            Tensor theirs = p.role() == Role.DENSE_WEIGHT ? g.transpose() : g;
            assertNear(p.name(), byName.required(p.name()), theirs, allowed);
          }
          return null;
        });
    JsonNode buffers = expected.required("buffers");
    assertEquals(buffers.size(), model.buffers().size());
    model.buffers().forEach((name, b) -> assertNear(name, buffers.required(name), b, allowed));
  }

  @Test
  void allCnnOfOneBatch() throws IOException {
    JsonNode fixture = fixture("all_cnn.json");
    int batch = fixture.required("batch").asInt();
    Device.cpu()
        .run(
            () -> {
              try (Module model = AllCnn.builder().build(new Generator(1))) {
                Scope.run(
                    () -> {
                      StateDict.load(model, weights(fixture.required("layout")));
                      assertStep(model, batch, 32, 10, fixture.required("train"), 1e-4);
                    });
              }
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "eval"})
  void resNet18OfOneBatch(String mode) throws IOException {
    JsonNode fixture = fixture("resnet.json");
    int batch = fixture.required("batch").asInt();
    int size = fixture.required("size").asInt();
    Device.cpu()
        .run(
            () -> {
              try (ResNet model = ResNet.resNet18().build(new Generator(1))) {
                if (mode.equals("eval")) {
                  model.eval();
                }
                Scope.run(
                    () -> {
                      StateDict.load(
                          model, weights(fixture.required("layouts").required("resnet18")));
                      assertStep(model, batch, size, 1000, fixture.required(mode), 1e-3);
                    });
              }
            });
  }

  private static ResNet.Builder named(String name) {
    return switch (name) {
      case "resnet18" -> ResNet.resNet18();
      case "resnet34" -> ResNet.resNet34();
      case "resnet50" -> ResNet.resNet50();
      default -> throw new AssertionError(name);
    };
  }

  /** Every name, extent and element type is torchvision's, and all elements come back. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet34", "resnet50"})
  void filesHaveTorchvisionsLayout(String name) throws IOException {
    JsonNode layout = fixture("resnet.json").required("layouts").required(name);
    Path copy = folder.resolve("copy.safetensors");
    Device.cpu()
        .run(
            () -> {
              try (ResNet model = named(name).build(new Generator(1))) {
                Path file = Scope.call(() -> weights(layout));
                StateDict.load(model, file);
                StateDict.save(model, copy);
              }
            });
    try (SafeTensors out = SafeTensors.open(copy)) {
      assertEquals("pt", out.metadata().get("format"));
      Map<String, String> expected = new TreeMap<>();
      Map<String, String> actual = new TreeMap<>();
      for (Map.Entry<String, JsonNode> e : layout.properties()) {
        String type = e.getKey().endsWith(COUNTER) ? "I64" : "F32";
        expected.put(e.getKey(), type + shape(e.getValue()));
      }
      out.entries()
          .forEach(
              (key, e) ->
                  actual.put(
                      key, e.dtype() + Shape.generate(e.shape().size(), i -> e.shape().get(i))));
      assertEquals(expected, actual);
    }
  }

  @Test
  void elementsComeBack() throws IOException {
    JsonNode layout = fixture("resnet.json").required("layouts").required("resnet18");
    Path copy = folder.resolve("copy.safetensors");
    Device.cpu()
        .run(
            () ->
                Scope.run(
                    () -> {
                      try (ResNet model = ResNet.resNet18().build(new Generator(1));
                          SafeTensors in = load(model, weights(layout))) {
                        StateDict.save(model, copy);
                        try (SafeTensors out = SafeTensors.open(copy)) {
                          for (String name : in.names()) {
                            boolean isCounter = name.endsWith(COUNTER);
                            assertTrue(
                                isCounter
                                    ? out.longs(name)[0] == 0
                                    : in.tensor(name).sub(out.tensor(name)).abs().max().item() == 0,
                                name);
                          }
                        }
                      }
                    }));
  }

  private static SafeTensors load(Module model, Path file) {
    StateDict.load(model, file);
    return SafeTensors.open(file);
  }
}
