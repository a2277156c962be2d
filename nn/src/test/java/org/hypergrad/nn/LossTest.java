package org.hypergrad.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.ShapeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Values and gradients are those of PyTorch in float64. */
class LossTest {
  private static final JsonNode FIXTURES = Fixtures.pytorch().required("losses");
  private static final float[] WEIGHTS = {0.5f, 2, 1, 0.25f};
  private static final Map<String, Loss> LOSSES = new TreeMap<>();

  static {
    CrossEntropyLoss crossEntropy = Loss.crossEntropy();
    LOSSES.put("cross entropy", crossEntropy);
    LOSSES.put("cross entropy of one", crossEntropy);
    LOSSES.put("cross entropy of images", crossEntropy);
    LOSSES.put("cross entropy smoothed", crossEntropy.labelSmoothing(0.1));
    LOSSES.put("cross entropy ignoring", crossEntropy.ignoredLabel(2));
    LOSSES.put("cross entropy ignoring by default", crossEntropy);
    LOSSES.put("cross entropy weighted", crossEntropy.classWeights(WEIGHTS));
    LOSSES.put(
        "cross entropy with all",
        crossEntropy.classWeights(WEIGHTS).ignoredLabel(0).labelSmoothing(0.2));
    LOSSES.put("squared error", Loss.squaredError());
    LOSSES.put("absolute error", Loss.absoluteError());
    LOSSES.put("huber", Loss.huber(0.7));
    LOSSES.put("binary cross entropy", Loss.binaryCrossEntropy());
  }

  static Stream<Arguments> losses() {
    return LOSSES.keySet().stream()
        .flatMap(name -> Fixtures.devices().map(device -> Arguments.of(name, device)));
  }

  @Test
  void everyFixtureIsUsed() {
    TreeSet<String> names = new TreeSet<>();
    FIXTURES.fieldNames().forEachRemaining(names::add);
    assertEquals(names, new TreeSet<>(LOSSES.keySet()));
  }

  @ParameterizedTest
  @MethodSource("losses")
  void agreesWithPyTorch(String name, Device device) {
    JsonNode fixture = FIXTURES.required(name);
    device.run(
        () ->
            Scope.run(
                () -> {
                  Tensor output = Fixtures.tensor(fixture.required("output")).requireGradient();
                  Tensor gradient =
                      Tape.record(
                          tape -> {
                            Tensor loss = LOSSES.get(name).apply(output, target(fixture));
                            assertEquals(Shape.SCALAR, loss.shape());
                            double value = fixture.required("value").asDouble();
                            Fixtures.assertNear("value", new double[] {value}, loss.item());
                            return tape.backward(loss).of(output);
                          });
                  Fixtures.assertNear("gradient", fixture.required("gradient"), gradient);
                }));
  }

  private static Tensor target(JsonNode fixture) {
    JsonNode target = fixture.required("target");
    if (!fixture.required("labels").asBoolean()) {
      return Fixtures.tensor(target);
    }
    int[] labels = new int[target.required("values").size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = target.required("values").get(i).asInt();
    }
    return Tensor.of(labels, Fixtures.shape(target).toArray());
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void refusesLabelsAndWeightsThatDoNotFit(Device device) {
    device.run(
        () ->
            Scope.run(
                () -> {
                  Tensor logits = Tensor.zeros(2, 3);
                  Tensor labels = Tensor.of(new int[] {0, 3}, 2);
                  Loss loss = Loss.crossEntropy();
                  ArgumentException e =
                      assertThrows(ArgumentException.class, () -> loss.apply(logits, labels));
                  assertEquals("cross_entropy", e.op());
                  Loss twoWeights = Loss.crossEntropy().classWeights(1, 2);
                  ShapeException classes =
                      assertThrows(ShapeException.class, () -> twoWeights.apply(logits, labels));
                  assertEquals("weights do not fit the classes", classes.problem());
                }));
  }

  /** [3, 1] and [3] would broadcast to [3, 3]. */
  @Test
  void refusesToBroadcast() {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Tensor output = Tensor.zeros(3, 1);
                      Tensor target = Tensor.zeros(3);
                      for (Loss loss :
                          new Loss[] {
                            Loss.squaredError(),
                            Loss.absoluteError(),
                            Loss.huber(1),
                            Loss.binaryCrossEntropy()
                          }) {
                        ShapeException e =
                            assertThrows(ShapeException.class, () -> loss.apply(output, target));
                        assertEquals("float32[3, 1] and float32[3]", e.got());
                      }
                    }));
  }

  @Test
  void refusesOptionsOutOfRange() {
    CrossEntropyLoss loss = Loss.crossEntropy();
    for (double share : new double[] {-0.1, 1.1, Double.NaN}) {
      ArgumentException e = assertThrows(ArgumentException.class, () -> loss.labelSmoothing(share));
      assertEquals("label smoothing", e.problem());
    }
    for (float weight : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThrows(ArgumentException.class, () -> loss.classWeights(1, weight));
    }
    for (double delta : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertEquals("huber", assertThrows(ArgumentException.class, () -> Loss.huber(delta)).op());
    }
  }
}
