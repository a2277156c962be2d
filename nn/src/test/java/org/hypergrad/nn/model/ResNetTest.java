package org.hypergrad.nn.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Consumer;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Summary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ResNetTest {
  private static void with(ResNet.Builder builder, Consumer<ResNet> body) {
    Device.cpu()
        .run(
            () -> {
              try (ResNet model = builder.build(new Generator(1))) {
                Scope.run(() -> body.accept(model));
              }
            });
  }

  static List<Arguments> sizes() {
    return List.of(
        Arguments.of(ResNet.resNet18(), 11_689_512, 1.814),
        Arguments.of(ResNet.resNet34(), 21_797_672, 3.664),
        Arguments.of(ResNet.resNet50(), 25_557_032, 4.089));
  }

  /** torchvision's documentation: parameters, and thousand millions of multiply-adds. */
  @ParameterizedTest
  @MethodSource("sizes")
  void hasTorchvisionsSize(ResNet.Builder builder, long parameters, double work) {
    with(
        builder,
        model -> {
          Summary summary = Summary.of(model, Shape.of(1, 3, 224, 224));
          assertEquals(parameters, summary.parameters());
          assertEquals(work, summary.multiplyAdds() / 1e9, 5e-4);
        });
  }

  @Test
  void takesOtherImagesAndClasses() {
    with(
        ResNet.resNet18().classes(7),
        model -> {
          assertEquals(
              11_689_512 - 513 * 993, Summary.of(model, Shape.of(1, 3, 32, 32)).parameters());
          for (long[] extents : new long[][] {{32, 32}, {97, 64}, {1, 1}}) {
            Tensor x = Tensor.ones(3, 3, extents[0], extents[1]);
            assertEquals(Shape.of(3, 7), model.evaluating(() -> model.apply(x)).shape());
          }
        });
  }

  /** He et al. by outputs: variance 2 / (outputs x window); uniform in fc: 1 / (3 inputs). */
  @Test
  void firstValuesAreTorchvisions() {
    with(
        ResNet.resNet18(),
        model -> {
          for (Parameter p : model.parameters()) {
            Tensor value = p.value();
            double square = value.square().mean().item();
            double allowed = 6 * Math.sqrt(2.0 / value.count());
            long inputs = p.role() == Role.CONV_KERNEL ? value.extent(1) : 1;
            switch (p.role()) {
              case CONV_KERNEL ->
                  assertEquals(1, square * (value.count() / inputs) / 2, allowed, p.name());
              case DENSE_WEIGHT, BIAS -> assertEquals(1, square * 3 * 512, allowed, p.name());
              case SCALE -> assertEquals(1, value.min().item() * value.max().item(), p.name());
              default -> assertEquals(0, square, p.name());
            }
          }
        });
  }

  /** The blocks' own part is 0 then, and gradients reach all of it but for what the 0 stops. */
  @Test
  void zeroLastScalesStartBlocksAsTheirShortCuts() {
    with(
        ResNet.resNet50().zeroLastScales(),
        model -> {
          List<Parameter> zeros =
              model.parameters().stream()
                  .filter(p -> p.role() == Role.SCALE && p.value().abs().max().item() == 0)
                  .toList();
          assertEquals(16, zeros.size());
          assertTrue(zeros.stream().allMatch(p -> p.name().endsWith("bn3.weight")));
          Module block = model.modules().get("layer1.1");
          Tensor x = new Generator(2).normal(1, 2, 256, 4, 4).relu();
          assertArrayEquals(x.toFloats(), block.apply(x).toFloats());
        });
  }

  /** That nothing stays behind is checked after every test. */
  @Test
  void refusesNoClasses() {
    ArgumentException e =
        assertThrows(ArgumentException.class, () -> with(ResNet.resNet18().classes(0), m -> {}));
    assertTrue(e.getMessage().contains("outputs 0"), e.getMessage());
  }
}
