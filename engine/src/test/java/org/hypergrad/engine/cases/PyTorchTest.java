package org.hypergrad.engine.cases;

import static java.util.Map.entry;
import static org.hypergrad.engine.cases.Target.assertNear;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.StreamSupport;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.AdaptiveAvgPool2d;
import org.hypergrad.engine.op.AvgPool2d;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.ConvTranspose2d;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.LayerNorm;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Reduction;
import org.hypergrad.engine.op.Window2d;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Outputs and gradients are those of PyTorch in float64, which {@code make_fixtures.py} beside the
 * tests computed.
 */
class PyTorchTest {
  private static final JsonNode FIXTURES = Known.resource("pytorch.json");

  /** What a fixture's name stands for. */
  private interface Function extends BiFunction<Target, Tensor[], Tensor> {}

  private static final Map<String, Function> FUNCTIONS = new TreeMap<>();

  static {
    FUNCTIONS.putAll(products());
    FUNCTIONS.putAll(pooling());
    FUNCTIONS.putAll(reductions());
    FUNCTIONS.putAll(pointwise());
    for (Reduction reduction : Reduction.values()) {
      losses(reduction);
    }
    FUNCTIONS.put("layer_norm", (on, in) -> new LayerNorm(1e-5).apply(in[0], in[1], in[2]));
  }

  private static Map<String, Function> products() {
    Window2d strided = Window2d.UNIT.withStride(2).withPadding(1);
    Window2d uneven =
        new Window2d(
            new Window2d.Pair(2, 1), new Window2d.Padding(0, 0, 2, 2), new Window2d.Pair(1, 2));
    return Map.ofEntries(
        entry(
            "conv2d stride 2 padding 1 groups 2",
            (on, in) -> new Conv2d(strided, 2).apply(in[0], in[1], in[2])),
        entry(
            "conv2d stride 2x1 padding 0x2 dilation 1x2",
            (on, in) -> Conv2d.of(uneven).apply(in[0], in[1])),
        entry(
            "conv2d depthwise",
            (on, in) -> new Conv2d(Window2d.UNIT.withPadding(1), 3).apply(in[0], in[1])),
        entry(
            "conv_transpose2d stride 2 padding 1 output padding 1 groups 2",
            (on, in) ->
                new ConvTranspose2d(new Conv2d(strided, 2), Window2d.Pair.ONE)
                    .apply(in[0], in[1], in[2])),
        entry(
            "conv_transpose2d dilation 2",
            (on, in) -> ConvTranspose2d.of(Window2d.UNIT.withDilation(2)).apply(in[0], in[1])));
  }

  private static Map<String, Function> pooling() {
    Pool2d pool = Pool2d.of(3, 2, 1);
    Pool2d dilated = new Pool2d(Window2d.Pair.of(2), Window2d.UNIT.withDilation(2), false);
    String average = "avg_pool2d 3 stride 2 padding 1 ceil ";
    return Map.ofEntries(
        entry(
            "max_pool2d 3 stride 2 padding 1 ceil",
            (on, in) -> new MaxPool2d(pool.withCeil()).apply(in[0])),
        entry("max_pool2d 2 dilation 2", (on, in) -> new MaxPool2d(dilated).apply(in[0])),
        entry("max_pool2d ties", (on, in) -> new MaxPool2d(Pool2d.of(2, 1, 0)).apply(in[0])),
        entry(average + "false count false", (on, in) -> new AvgPool2d(pool, false).apply(in[0])),
        entry(average + "false count true", (on, in) -> new AvgPool2d(pool, true).apply(in[0])),
        entry(
            average + "true count false",
            (on, in) -> new AvgPool2d(pool.withCeil(), false).apply(in[0])),
        entry(
            average + "true count true",
            (on, in) -> new AvgPool2d(pool.withCeil(), true).apply(in[0])),
        entry("adaptive_avg_pool2d 3x2", (on, in) -> new AdaptiveAvgPool2d(3, 2).apply(in[0])));
  }

  private static Map<String, Function> reductions() {
    return Map.ofEntries(
        entry("log_softmax", (on, in) -> in[0].logSoftmax(1)),
        entry("softmax", (on, in) -> in[0].softmax(0)),
        entry("logsumexp", (on, in) -> in[0].logSumExp(0, 2)),
        entry("variance unbiased", (on, in) -> in[0].variance(1, 0, 2)),
        entry("variance biased", (on, in) -> in[0].variance(0, 1)),
        entry("amax ties", (on, in) -> in[0].max(1)),
        entry("amin ties", (on, in) -> in[0].min(1)),
        entry("norm", (on, in) -> in[0].norm(1)));
  }

  private static Map<String, Function> pointwise() {
    return Map.ofEntries(
        entry("gelu", (on, in) -> in[0].gelu()),
        entry("gelu tanh", (on, in) -> in[0].geluTanh()),
        entry("softplus", (on, in) -> in[0].softplus()),
        entry("leaky_relu", (on, in) -> in[0].leakyRelu(0.25)),
        entry("clamp bounds", (on, in) -> in[0].clamp(-1, 5)),
        entry("pow", (on, in) -> in[0].pow(in[1])),
        entry("pow 0", (on, in) -> in[0].pow(0)),
        entry("pow 1", (on, in) -> in[0].pow(1)),
        entry("pow 2", (on, in) -> in[0].pow(2)),
        entry("maximum ties", (on, in) -> in[0].maximum(in[1])),
        entry("minimum ties", (on, in) -> in[0].minimum(in[1])));
  }

  private static void losses(Reduction reduction) {
    String suffix = reduction.name().toLowerCase(java.util.Locale.ROOT);
    CrossEntropy plain = new CrossEntropy(reduction, 0, CrossEntropy.IGNORED_LABEL);
    CrossEntropy smooth = new CrossEntropy(reduction, 0.125, CrossEntropy.IGNORED_LABEL);
    int[] labels = {0, 3, -100, 1, 2};
    int[] labels2d = {0, 1, -100, 2, 1, 1, 2, 0};
    FUNCTIONS.put("cross_entropy " + suffix, (on, in) -> plain.apply(in[0], Tensor.of(labels, 5)));
    FUNCTIONS.put(
        "cross_entropy weights smoothing " + suffix,
        (on, in) -> smooth.apply(in[0], Tensor.of(labels, 5), on.vector(0.5, 2, 1, 0.25)));
    FUNCTIONS.put(
        "cross_entropy 2d weights smoothing " + suffix,
        (on, in) -> smooth.apply(in[0], Tensor.of(labels2d, 2, 2, 2), on.vector(0.5, 2, 1)));
    FUNCTIONS.put(
        "binary_cross_entropy " + suffix,
        (on, in) -> in[0].binaryCrossEntropy(on.vector(0, 1, 0.25, 1, 0), reduction));
  }

  /** Sums of some ten terms; the reference repeats PyTorch's formulas in double. */
  private static double tolerance(Target on) {
    return on.isDouble() ? 1e-12 : 5e-6;
  }

  private static double[] values(JsonNode tensor) {
    return Known.flat(tensor.get("values")).toArray();
  }

  private static Tensor tensor(Target on, JsonNode tensor) {
    return on.tensor(
        values(tensor), Known.flat(tensor.get("shape")).mapToLong(v -> (long) v).toArray());
  }

  private static void compare(Target on, String name, JsonNode fixture, Function function) {
    Tensor[] inputs =
        StreamSupport.stream(fixture.get("inputs").spliterator(), false)
            .map(input -> tensor(on, input))
            .toArray(Tensor[]::new);
    Tensor[] result =
        Target.differentiate(
            in -> function.apply(on, in), tensor(on, fixture.get("arriving")), inputs);
    assertNear(name, values(fixture.get("output")), result[0], tolerance(on));
    for (int i = 0; i < inputs.length; i++) {
      JsonNode gradient = fixture.get("gradients").get(i);
      assertNear(name + " gradient " + i, values(gradient), result[i + 1], tolerance(on));
    }
  }

  @ParameterizedTest
  @EnumSource
  void outputsAndGradientsArePyTorchs(Target on) {
    StringBuilder failures = new StringBuilder();
    FUNCTIONS.forEach(
        (name, function) ->
            on.run(
                () -> {
                  try {
                    compare(on, name, FIXTURES.required(name), function);
                  } catch (RuntimeException | AssertionError failure) {
                    failures.append(failure).append('\n');
                  }
                }));
    assertEquals("", failures.toString());
  }

  @ParameterizedTest
  @EnumSource
  void batchNormAndItsRunningStatisticsArePyTorchs(Target on) {
    for (boolean training : new boolean[] {true, false}) {
      String name = "batch_norm " + (training ? "training" : "evaluation");
      JsonNode fixture = FIXTURES.required(name);
      on.run(
          () -> {
            Tensor mean = tensor(on, fixture.get("mean"));
            Tensor variance = tensor(on, fixture.get("variance"));
            BatchNorm norm = new BatchNorm(1e-5, 0.3, training);
            compare(
                on, name, fixture, (target, in) -> norm.apply(in[0], in[1], in[2], mean, variance));
            assertNear(name, values(fixture.get("after_mean")), mean, tolerance(on));
            assertNear(name, values(fixture.get("after_variance")), variance, tolerance(on));
          });
    }
  }

  @Test
  void everyFixtureIsCompared() {
    TreeSet<String> names = new TreeSet<>(FUNCTIONS.keySet());
    names.add("batch_norm training");
    names.add("batch_norm evaluation");
    TreeSet<String> fixtures = new TreeSet<>();
    FIXTURES.fieldNames().forEachRemaining(fixtures::add);
    assertEquals(names, fixtures);
  }
}
