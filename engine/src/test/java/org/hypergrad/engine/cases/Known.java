package org.hypergrad.engine.cases;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.StreamSupport;
import org.hypergrad.engine.Tensor;

/** The known values of {@code cases.json}, by id; its inputs are described there in words. */
record Known(String id, JsonNode value) {
  private static final Map<String, JsonNode> CASES = new TreeMap<>();

  static {
    resource("cases.json").forEach(c -> CASES.put(c.get("id").asText(), c.get("expected")));
  }

  static JsonNode resource(String name) {
    try (InputStream in = Known.class.getResourceAsStream(name)) {
      return new ObjectMapper().readTree(in);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(name, unreadable);
    }
  }

  static Iterable<String> ids() {
    return CASES.keySet();
  }

  static Known of(String id) {
    return new Known(id, CASES.get(id));
  }

  /** The numbers under a key in order, those of nested lists too. */
  double[] numbers(String key) {
    return flat(value.required(key)).toArray();
  }

  double[] numbers() {
    return flat(value).toArray();
  }

  static DoubleStream flat(JsonNode node) {
    if (node.isArray()) {
      return StreamSupport.stream(node.spliterator(), false).flatMapToDouble(Known::flat);
    }
    return DoubleStream.of(
        switch (node.asText()) {
          case "nan" -> Double.NaN;
          case "inf" -> Double.POSITIVE_INFINITY;
          case "-inf" -> Double.NEGATIVE_INFINITY;
          default -> node.asDouble();
        });
  }

  /** Known values have nine decimals; float32 adds the rounding of short sums. */
  private static double tolerance(Target target) {
    return target.isDouble() ? 2e-9 : 1e-6;
  }

  void check(Target target, String key, Tensor actual) {
    Target.assertNear(id + " " + key, numbers(key), actual, tolerance(target));
  }

  void check(Target target, Tensor actual) {
    Target.assertNear(id, numbers(), actual, tolerance(target));
  }
}
