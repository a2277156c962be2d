package org.hypergrad.nn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;

/** Known values, and what they are compared on. */
public final class Fixtures {
  /** What float32 may lose against float64 in the sums of these sizes. */
  private static final double TOLERANCE = 1e-5;

  private Fixtures() {}

  /** The devices of which every machine of this project's tests has both. */
  public static Stream<Device> devices() {
    return Stream.of(Device.reference(), Device.cpu());
  }

  /** PyTorch's layers and losses. */
  public static JsonNode pytorch() {
    try (InputStream in = Fixtures.class.getResourceAsStream("layer/layers.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** A float32 tensor of these values and this shape. */
  public static Tensor tensor(JsonNode node) {
    double[] values = numbers(node.required("values"));
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensor.of(floats, shape(node).toArray());
  }

  /** The extents under {@code shape}. */
  public static Shape shape(JsonNode node) {
    return Shape.of(stream(node.required("shape")).mapToLong(JsonNode::asLong).toArray());
  }

  static double[] numbers(JsonNode array) {
    return stream(array).mapToDouble(JsonNode::asDouble).toArray();
  }

  private static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  /** Asserts shape and values. */
  public static void assertNear(String what, JsonNode expected, Tensor actual) {
    if (!shape(expected).equals(actual.shape())) {
      throw new AssertionError(what + ": expected " + shape(expected) + ", got " + actual.shape());
    }
    assertNear(what, numbers(expected.required("values")), actual.toDoubles());
  }

  /** Asserts values that agree to 1e-5, relative above 1 and absolute below. */
  public static void assertNear(String what, double[] expected, double... actual) {
    if (expected.length != actual.length) {
      throw new AssertionError(what + ": " + actual.length + " values of " + expected.length);
    }
    for (int i = 0; i < expected.length; i++) {
      double allowed = TOLERANCE * Math.max(1, Math.abs(expected[i]));
      if (!(Math.abs(expected[i] - actual[i]) <= allowed)) {
        throw new AssertionError(
            what + "[" + i + "]: expected " + expected[i] + ", got " + actual[i]);
      }
    }
  }
}
