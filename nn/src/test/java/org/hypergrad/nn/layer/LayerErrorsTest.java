package org.hypergrad.nn.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.function.Function;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.EngineException;
import org.hypergrad.engine.error.OutOfMemoryException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Initialiser;
import org.hypergrad.nn.Module;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Numbers that no layer takes are refused when it is built, before random numbers are drawn; that
 * no memory stays behind is checked after every test.
 */
class LayerErrorsTest {
  /** Makes a layer. */
  private interface Recipe extends Function<Generator, Module> {}

  private static Arguments bad(String op, String problem, String got, Recipe recipe) {
    return Arguments.of(op, problem, got, recipe);
  }

  static Stream<Arguments> recipes() {
    return Stream.of(linear(), convolutions(), transposed(), pooling(), others())
        .flatMap(Function.identity());
  }

  private static Stream<Arguments> linear() {
    return Stream.of(
        bad("linear", "inputs out of range", "inputs 0", r -> new Linear(r, 0, 3)),
        bad("linear", "outputs out of range", "outputs -1", r -> new Linear(r, 3, -1)));
  }

  private static Stream<Arguments> convolutions() {
    String op = "conv2d";
    return Stream.of(
        bad(op, "inputs out of range", "inputs 0", r -> new Conv2d(r, 0, 3, 3)),
        bad(op, "outputs out of range", "outputs 0", r -> new Conv2d(r, 3, 0, 3)),
        bad(op, "kernel", "3 x 0", r -> Conv2d.builder(1, 1, 3, 0).build(r)),
        bad(op, "kernel", "-1 x -1", r -> new Conv2d(r, 1, 1, -1)),
        bad(op, "groups", "0", r -> Conv2d.builder(2, 2, 1).groups(0).build(r)),
        bad(op, "inputs out of range", "inputs 3", r -> Conv2d.builder(3, 4, 1).groups(2).build(r)),
        bad(
            op,
            "outputs out of range",
            "outputs 3",
            r -> Conv2d.builder(4, 3, 1).groups(2).build(r)),
        bad(op, "stride", null, r -> Conv2d.builder(1, 1, 3).stride(1, 0).build(r)),
        bad(op, "padding", null, r -> Conv2d.builder(1, 1, 3).padding(-1).build(r)),
        bad(op, "dilation", null, r -> Conv2d.builder(1, 1, 3).dilation(0).build(r)),
        bad(
            op,
            "a stride changes the extents",
            "same padding, stride 2x1",
            r -> Conv2d.builder(1, 1, 3).samePadding().stride(2, 1).build(r)));
  }

  private static Stream<Arguments> transposed() {
    String op = "conv_transpose2d";
    return Stream.of(
        bad(op, "inputs out of range", "inputs 0", r -> new ConvTranspose2d(r, 0, 3, 3)),
        bad(op, "outputs out of range", "outputs 0", r -> new ConvTranspose2d(r, 3, 0, 3)),
        bad(op, "kernel", "0 x 3", r -> ConvTranspose2d.builder(1, 1, 0, 3).build(r)),
        bad(op, "groups", "-2", r -> ConvTranspose2d.builder(2, 2, 1).groups(-2).build(r)),
        bad(
            op,
            "outputs out of range",
            "outputs 3",
            r -> ConvTranspose2d.builder(4, 3, 1).groups(2).build(r)),
        bad(op, "stride", null, r -> ConvTranspose2d.builder(1, 1, 3).stride(0).build(r)),
        bad(op, "padding", null, r -> ConvTranspose2d.builder(1, 1, 3).padding(-1, 0).build(r)),
        bad(op, "dilation", null, r -> ConvTranspose2d.builder(1, 1, 3).dilation(1, 0).build(r)),
        bad(
            op,
            "output padding",
            "Pair[height=2, width=2]",
            r -> ConvTranspose2d.builder(1, 1, 3).stride(2).outputPadding(2).build(r)),
        bad(
            op,
            "output padding",
            "Pair[height=0, width=-1]",
            r -> ConvTranspose2d.builder(1, 1, 3).outputPadding(0, -1).build(r)));
  }

  private static Stream<Arguments> pooling() {
    String max = "max_pool2d";
    String mean = "avg_pool2d";
    return Stream.of(
        bad(max, "kernel", "0 x 0", r -> new MaxPool2d(0)),
        bad(max, "stride", null, r -> MaxPool2d.builder(2).stride(0).build()),
        bad(max, "padding", null, r -> MaxPool2d.builder(3).padding(3).build()),
        bad(max, "padding", null, r -> MaxPool2d.builder(3).padding(-1).build()),
        bad(max, "dilation", null, r -> MaxPool2d.builder(3).dilation(0).build()),
        bad(mean, "kernel", "1 x 0", r -> AvgPool2d.builder(1, 0).build()),
        bad(mean, "stride", null, r -> AvgPool2d.builder(2).stride(0).build()),
        bad(mean, "padding", null, r -> AvgPool2d.builder(3).padding(2).build()),
        bad(
            "adaptive_avg_pool2d",
            "height out of range",
            "height 0",
            r -> new AdaptiveAvgPool2d(0, 1)),
        bad(
            "adaptive_avg_pool2d",
            "width out of range",
            "width -1",
            r -> new AdaptiveAvgPool2d(1, -1)));
  }

  private static Stream<Arguments> others() {
    String bn = "batch_norm";
    String ln = "layer_norm";
    String probability = "probability out of range";
    return Stream.of(
        bad(bn, "channels out of range", "channels 0", r -> new BatchNorm1d(0)),
        bad(bn, "channels out of range", "channels -1", r -> new BatchNorm2d(-1)),
        bad(
            bn,
            "epsilon out of range",
            "epsilon 0.0",
            r -> BatchNorm1d.builder(1).epsilon(0).build()),
        bad(
            bn,
            "momentum out of range",
            "momentum 1.1",
            r -> BatchNorm2d.builder(1).momentum(1.1).build()),
        bad(
            bn,
            "momentum out of range",
            "momentum NaN",
            r -> BatchNorm2d.builder(1).momentum(Double.NaN).build()),
        bad(ln, "number of axes out of range", "number of axes 0", r -> new LayerNorm()),
        bad(ln, "extent out of range", "extent 0", r -> new LayerNorm(3, 0)),
        bad(
            ln,
            "epsilon out of range",
            "epsilon NaN",
            r -> LayerNorm.builder(1).epsilon(Double.NaN).build()),
        bad("dropout", probability, "probability -0.1", r -> new Dropout(r, -0.1)),
        bad("dropout", probability, "probability 1.5", r -> new Dropout(r, 1.5)),
        bad("dropout", probability, "probability NaN", r -> new Dropout(r, Double.NaN)));
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void refusesNumbers(String op, String problem, String got, Recipe recipe) {
    Generator random = new Generator(1);
    Device.reference()
        .run(
            () -> {
              ArgumentException e =
                  assertThrows(ArgumentException.class, () -> recipe.apply(random).close());
              assertEquals(op, e.op());
              assertEquals(problem, e.problem());
              if (got != null) {
                assertEquals(got, e.got());
              }
            });
    assertEquals(0, random.stream(), "random numbers were drawn");
  }

  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void refusesWhatNoMemoryHolds(Device device) {
    Generator random = new Generator(1);
    device.run(
        () -> {
          assertThrows(ShapeException.class, () -> new Linear(random, 1L << 40, 1L << 40).close());
          assertThrows(
              OutOfMemoryException.class, () -> new Linear(random, 1L << 25, 1L << 25).close());
        });
  }

  /** A layer that fails at its second parameter gives the first back. */
  @ParameterizedTest
  @MethodSource("org.hypergrad.nn.Fixtures#devices")
  void aFailedInitialiserLeavesNothingBehind(Device device) {
    Generator random = new Generator(1);
    Initialiser bad = (r, role, extents) -> Tensor.zeros(1, 2);
    long live = device.memory().live();
    device.run(
        () -> {
          ShapeException e =
              assertThrows(
                  ShapeException.class, () -> Linear.builder(2, 3).bias(bad).build(random).close());
          assertEquals("an initialiser gave another shape for bias", e.problem());
          assertEquals("float32[1, 2]", e.got());
          assertEquals("[3]", e.expected());
        });
    assertEquals(live, device.memory().live());
  }

  private static EngineException refused(Module layer, long... extents) {
    try (layer) {
      return Scope.call(
          () -> assertThrows(ShapeException.class, () -> layer.apply(Tensor.zeros(extents))));
    }
  }

  private static void assertExpects(String expected, Module layer, long... extents) {
    assertEquals(expected, refused(layer, extents).expected());
  }

  @Test
  void refusesInputs() {
    Generator random = new Generator(1);
    Device.reference()
        .run(
            () -> {
              String rows = "x [..., 4] of rank 2 or more";
              assertExpects(rows, new Linear(random, 4, 2), 4);
              assertExpects(rows, new Linear(random, 4, 2), 4, 3);
              assertEquals(
                  "flatten images before", refused(new Linear(random, 4, 2), 1, 1, 2, 2).hint());
              assertExpects("x [N, C, H, W]", new Conv2d(random, 1, 1, 1), 2, 1, 3);
              assertExpects(
                  "x[1] == w[1] * groups and w[0] divisible by groups = 1",
                  new Conv2d(random, 2, 1, 1),
                  1,
                  3,
                  4,
                  4);
              assertExpects(
                  "x[1] == w[0], divisible by groups = 1",
                  new ConvTranspose2d(random, 2, 1, 1),
                  1,
                  3,
                  4,
                  4);
              assertExpects("x [N, C, H, W], C 2", new BatchNorm2d(2), 3, 2);
              assertExpects("x [N, C, H, W], C 2", new BatchNorm2d(2), 1, 3, 2, 2);
              assertExpects("x [N, C] or [N, C, L], C 2", new BatchNorm1d(2), 1, 2, 2, 2);
              assertExpects("the last extents of x", new LayerNorm(2, 3), 3, 2);
              assertExpects("x [N, C, H, W]", new MaxPool2d(2), 3, 4, 4);
              assertExpects("x [N, C, H, W]", AdaptiveAvgPool2d.global(), 3, 4, 4);
              assertEquals(
                  "window is larger than the padded image",
                  refused(new AvgPool2d(3), 1, 1, 2, 3).problem());
            });
  }
}
