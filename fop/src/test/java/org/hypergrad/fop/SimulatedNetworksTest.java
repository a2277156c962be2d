package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.kernels.Simulated;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.model.AllCnn;
import org.hypergrad.nn.model.ResNet;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole networks of the literature train on the simulated GPU as they do on the processor. */
@Simulated
class SimulatedNetworksTest {
  /** A network with its real widths, and two images. */
  private record Task(Supplier<Module> network, int size, int classes) {}

  private static final Task CIFAR =
      new Task(() -> AllCnn.builder().dropout().build(new Generator(1)), 32, 10);

  private static final Task IMAGE_NET =
      new Task(() -> ResNet.resNet18().build(new Generator(1)), 64, 1000);

  private interface Body<T> {
    T run(Module model, Optimizer optimizer);
  }

  private static <T> T with(Device device, Task task, Rule rule, Body<T> body) {
    return device.call(
        () -> {
          try (Module model = task.network.get();
              Optimizer optimizer = Optimizer.of(rule, model.parameters())) {
            return body.run(model, optimizer);
          }
        });
  }

  private static Tensor loss(Module model, Task task) {
    Tensor x = new Generator(15).normal(1, 2, 3, task.size, task.size);
    Tensor labels = Tensor.of(new int[] {task.classes - 1, 3}, 2);
    return Loss.crossEntropy().apply(model.apply(x), labels);
  }

  /** The loss before the step. */
  private static double step(Module model, Optimizer optimizer, Task task) {
    return Scope.call(
        () ->
            Tape.record(
                tape -> {
                  Tensor loss = loss(model, task);
                  optimizer.step(tape.backward(loss));
                  return loss.item();
                }));
  }

  static Stream<Arguments> methods() {
    Sgd momentum = new Sgd(0.01).momentum(0.9);
    Adam adam = new Adam(1e-4);
    Fop fop = Fop.over(momentum);
    return Stream.of(
        Arguments.of("momentum", momentum),
        Arguments.of("s-hd", Shd.over(momentum)),
        Arguments.of("pp-hd", Pphd.over(momentum)),
        Arguments.of("fop-norm", fop.norm(Norm.PLAIN)),
        Arguments.of("fop", fop),
        Arguments.of("fop-direction", fop.preset(Preset.DIRECTION)),
        Arguments.of("adam", adam),
        Arguments.of("adam+fop", Fop.over(adam)));
  }

  /** Losses of two steps, then weights and what the rule keeps, by name. */
  private static Map<String, double[]> inTwoSteps(Device device, Rule rule) {
    return with(
        device,
        CIFAR,
        rule,
        (model, optimizer) -> {
          Map<String, double[]> result = new LinkedHashMap<>();
          for (int i = 0; i < 2; i++) {
            result.put("loss " + i, new double[] {step(model, optimizer, CIFAR)});
          }
          for (Parameter p : model.parameters()) {
            result.put(p.name(), p.value().toDoubles());
            optimizer
                .state(p.name())
                .tensors()
                .forEach((key, t) -> result.put(p.name() + " " + key, t.toDoubles()));
          }
          return result;
        });
  }

  /** |a - b| relative to |a|. */
  private static double difference(double[] a, double[] b) {
    assertEquals(a.length, b.length);
    double between = 0;
    double size = 0;
    for (int i = 0; i < a.length; i++) {
      between += (a[i] - b[i]) * (a[i] - b[i]);
      size += a[i] * a[i];
    }
    return between == 0 ? 0 : Math.sqrt(between / size);
  }

  /** But for the moments of a hypergradient, which may be a difference of large numbers. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("methods")
  void allCnn(String name, Rule rule) {
    Map<String, double[]> expected = inTwoSteps(Device.cpu(), rule);
    Map<String, double[]> actual = inTwoSteps(Device.simulated(), rule);
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (key, values) -> {
          double difference = difference(values, actual.get(key));
          assertTrue(
              difference <= 1e-4 || key.contains(" hyper/"),
              () -> key + " with " + name + " differs by " + difference);
        });
  }

  static Stream<Arguments> someMethods() {
    Sgd momentum = new Sgd(0.01).momentum(0.9);
    Fop fop = Fop.over(momentum).where(Selector.role(Role.DENSE_WEIGHT), Preconditioner.none());
    return Stream.of(Arguments.of("momentum", momentum), Arguments.of("fop", fop));
  }

  private static double[] beforeAndAfterOneStep(Device device, Rule rule) {
    return with(
        device,
        IMAGE_NET,
        rule,
        (model, optimizer) -> {
          double before = step(model, optimizer, IMAGE_NET);
          return new double[] {before, Scope.call(() -> loss(model, IMAGE_NET).item())};
        });
  }

  /**
   * Losses alone: the last batch norms see 8 numbers here, and if rounding carries one of these
   * across the kink of a ReLU, some gradients change by hundredths. With these images none is
   * within 1e-4 of it in the last two layers, but there is no such choice for all layers.
   */
  @ParameterizedTest(name = "{0}")
  @MethodSource("someMethods")
  void resNet18(String name, Rule rule) {
    double[] expected = beforeAndAfterOneStep(Device.cpu(), rule);
    double[] actual = beforeAndAfterOneStep(Device.simulated(), rule);
    assertTrue(expected[1] < 0.9 * expected[0], () -> Arrays.toString(expected));
    for (int i = 0; i < 2; i++) {
      assertEquals(expected[i], actual[i], 1e-3 * expected[i], name);
    }
  }
}
