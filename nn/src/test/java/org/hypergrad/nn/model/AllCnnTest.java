package org.hypergrad.nn.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Summary;
import org.junit.jupiter.api.Test;

class AllCnnTest {
  private static void with(AllCnn.Builder builder, Consumer<AllCnn> body) {
    Device.cpu()
        .run(
            () -> {
              try (AllCnn model = builder.build(new Generator(1))) {
                Scope.run(() -> body.accept(model));
              }
            });
  }

  private static long parameters(Module model) {
    return model.parameters().stream().mapToLong(p -> p.value().count()).sum();
  }

  private static Map<String, Shape> convolutions(AllCnn model) {
    return Summary.of(model, Shape.of(2, 3, 32, 32)).rows().stream()
        .filter(row -> row.path().startsWith("conv"))
        .collect(Collectors.toMap(Summary.Row::path, Summary.Row::output));
  }

  /** The paper's table 1; the mean is "over 6 x 6 spatial dimensions". */
  @Test
  void isThePapersNetwork() {
    with(
        AllCnn.builder(),
        model -> {
          assertEquals(1_369_738, parameters(model));
          Map<String, Shape> outputs = convolutions(model);
          assertEquals(9, outputs.size());
          assertEquals(Shape.of(2, 96, 32, 32), outputs.get("conv2"));
          assertEquals(Shape.of(2, 96, 16, 16), outputs.get("conv3"));
          assertEquals(Shape.of(2, 192, 16, 16), outputs.get("conv5"));
          assertEquals(Shape.of(2, 192, 8, 8), outputs.get("conv6"));
          assertEquals(Shape.of(2, 192, 6, 6), outputs.get("conv7"));
          assertEquals(Shape.of(2, 192, 6, 6), outputs.get("conv8"));
          assertEquals(Shape.of(2, 10, 6, 6), outputs.get("conv9"));
        });
  }

  /** He et al.: variance 2 / (inputs x window); biases 0. */
  @Test
  void firstWeightsKeepTheSizeOfActivations() {
    with(
        AllCnn.builder(),
        model -> {
          for (Parameter p : model.parameters()) {
            double square = p.value().square().mean().item();
            if (p.name().endsWith("bias")) {
              assertEquals(0, square, p.name());
            } else {
              // Six standard deviations of a mean of squares of normal numbers.
              double fan = p.value().count() / (double) p.value().extent(0);
              double allowed = 6 * Math.sqrt(2.0 / p.value().count());
              assertEquals(1, square * fan / 2, allowed, p.name());
            }
          }
        });
  }

  @Test
  void dropoutFollowsImageAndStrides() {
    with(
        AllCnn.builder().dropout(),
        model -> {
          assertEquals(1_369_738, parameters(model));
          assertEquals(
              List.of("drop0: Dropout(0.2)", "drop3: Dropout(0.5)", "drop6: Dropout(0.5)"),
              model.modules().entrySet().stream()
                  .map(e -> e.getKey() + ": " + e.getValue())
                  .filter(text -> text.startsWith("drop"))
                  .toList());
          Tensor x = new Generator(2).normal(1, 2, 3, 32, 32);
          assertNotEquals(model.apply(x).get(0, 0), model.apply(x).get(0, 0));
          model.eval();
          try (AllCnn plain = AllCnn.builder().build(new Generator(1))) {
            assertArrayEquals(plain.apply(x).toFloats(), model.apply(x).toFloats());
          }
        });
  }

  /** Of the plain one, 1,152 biases of eight layers make way for twice as many of batch norms. */
  @Test
  void batchNormTakesThePlaceOfBiases() {
    with(
        AllCnn.builder().batchNorm(),
        model -> {
          assertEquals(1_369_738 + 3 * 96 + 5 * 192, parameters(model));
          assertEquals(
              List.of("conv9.bias"),
              model.parameters().stream()
                  .map(Parameter::name)
                  .filter(name -> name.matches("conv.*bias"))
                  .toList());
          assertEquals(16, model.buffers().size());
          Tensor y = model.apply(new Generator(2).normal(1, 2, 3, 32, 32));
          assertTrue(Double.isFinite(y.sum().item()), y::toString);
        });
  }

  @Test
  void takesOtherImagesAndClasses() {
    with(
        AllCnn.builder().channels(1).classes(100),
        model -> assertEquals(Shape.of(3, 100), model.apply(Tensor.ones(3, 1, 28, 20)).shape()));
  }

  /** That nothing stays behind is checked after every test. */
  @Test
  void refusesNoClasses() {
    ArgumentException e =
        assertThrows(ArgumentException.class, () -> with(AllCnn.builder().classes(0), m -> {}));
    assertTrue(e.getMessage().contains("outputs 0"), e.getMessage());
  }
}
