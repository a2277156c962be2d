package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adagrad;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;

/** A model of parameters of many shapes, trained some steps by given gradients. */
final class FusedTrial {
  private static final int STEPS = 5;

  /** Kernels of all sizes with odd numbers of channels, one of several blocks, and others. */
  private static final Map<String, long[]> SHAPES = new TreeMap<>();

  static {
    SHAPES.put("conv1.weight", new long[] {7, 3, 3, 3});
    SHAPES.put("conv2.weight", new long[] {5, 7, 1, 1});
    SHAPES.put("conv3.weight", new long[] {3, 5, 5, 5});
    SHAPES.put("conv4.weight", new long[] {2, 3, 7, 7});
    SHAPES.put("conv5.weight", new long[] {13, 3, 3, 5});
    SHAPES.put("conv6.weight", new long[] {43, 41, 3, 3});
    SHAPES.put("conv7.weight", new long[] {1, 1, 2, 2});
    SHAPES.put("conv1.bias", new long[] {7});
    SHAPES.put("fc.weight", new long[] {20, 6});
    SHAPES.put("fc.bias", new long[] {6});
  }

  private FusedTrial() {}

  /** Every base rule, and hyper-rules, orders and options that go together. */
  static List<Fop> rules() {
    List<Fop> rules = new ArrayList<>();
    StandardRule momentum = new Sgd(0.02).momentum(0.5);
    for (StandardRule base :
        List.of(
            new Sgd(0.02),
            momentum,
            new Sgd(0.02).momentum(0.5).dampening(0.25).weightDecay(0.1),
            new Sgd(0.02).momentum(0.5).withNesterov(),
            new RmsProp(0.01).alpha(0.9).epsilon(1e-2).momentum(0.5).weightDecay(0.1),
            new Adagrad(0.05).epsilon(1e-2),
            new Adam(0.01).epsilon(1e-3),
            Adam.adamW(0.01, 0.1).epsilon(1e-3))) {
      rules.add(Fop.over(base));
    }
    Fop fop = Fop.over(momentum);
    rules.add(fop.hyper(new Sgd(1e-3)));
    rules.add(fop.hyper(new Sgd(1e-3).momentum(0.5).weightDecay(0.1)).order(Order.M_FIRST));
    rules.add(fop.order(Order.M_FIRST));
    rules.add(fop.where(Selector.role(Role.DENSE_WEIGHT), Preconditioner.lowRank(4)));
    rules.add(
        fop.hyper(new Sgd(1e-3))
            .where(Selector.role(Role.DENSE_WEIGHT, Role.BIAS), Preconditioner.product()));
    rules.add(
        Fop.over(new Sgd(0.02).momentum(0.5).weightDecay(0.1))
            .where(Selector.role(Role.DENSE_WEIGHT), Preconditioner.lowRank(4).freeze()));
    rules.add(fop.learning(Learning.PLAIN.every(2).from(3)));
    rules.add(fop.where(Selector.role(Role.CONV_KERNEL), Preconditioner.spatial().freeze()));
    rules.add(
        fop.where(Selector.name("conv1.weight"), Preconditioner.spatial().hyper(new Sgd(1e-3))));
    return rules;
  }

  private static Role role(String name) {
    return name.endsWith("bias")
        ? Role.BIAS
        : name.startsWith("fc") ? Role.DENSE_WEIGHT : Role.CONV_KERNEL;
  }

  private static Tensor random(DType dtype, long seed, long stream, long... shape) {
    return new Generator(seed, stream).normal(1, shape).to(dtype);
  }

  /** Parameters, all tensors of their states, and the counters that are not 0, by name. */
  record End(Map<String, double[]> tensors, Map<String, Long> counters) {
    static End of(Optimizer optimizer) {
      End end = new End(new TreeMap<>(), new TreeMap<>());
      for (Parameter p : optimizer.parameters()) {
        State state = optimizer.state(p.name());
        end.tensors.put(p.name(), p.value().toDoubles());
        state.tensors().forEach((path, t) -> end.tensors.put(p.name() + " " + path, t.toDoubles()));
        state.counters().forEach((path, n) -> end.counters.put(p.name() + " " + path, n));
      }
      end.counters.values().removeIf(count -> count == 0);
      return end;
    }

    /** Each tensor is within {@code tolerance} of its largest element. */
    void assertNear(End actual, double tolerance) {
      assertEquals(tensors.keySet(), actual.tensors.keySet());
      assertEquals(counters, actual.counters);
      tensors.forEach(
          (name, values) -> {
            double size = Arrays.stream(values).map(Math::abs).max().orElse(0);
            assertArrayEquals(values, actual.tensors.get(name), tolerance * size, name);
          });
    }
  }

  private static End train(Device device, DType dtype, Fop rule, boolean together) {
    return device.call(() -> Scope.call(() -> train(dtype, rule, together)));
  }

  private static End train(DType dtype, Fop rule, boolean together) {
    List<Parameter> parameters = new ArrayList<>();
    SHAPES.forEach(
        (name, shape) ->
            parameters.add(
                new Parameter(name, role(name), random(dtype, 1, parameters.size(), shape))));
    End end;
    try (Optimizer optimizer = Optimizer.of(rule, parameters)) {
      for (int step = 0; step < STEPS; step++) {
        Map<Tensor, Tensor> gradients = new HashMap<>();
        for (int i = 0; i < parameters.size(); i++) {
          Tensor value = parameters.get(i).value();
          gradients.put(value, random(dtype, step + 2, i, value.shape().toArray()));
        }
        if (together) {
          optimizer.step(Gradients.of(gradients));
        } else {
          for (Parameter p : parameters) {
            rule.step(p, gradients.get(p.value()), optimizer.state(p.name()), rule.rate());
          }
        }
      }
      end = End.of(optimizer);
    }
    parameters.forEach(Parameter::close);
    return end;
  }

  /**
   * A step rounds differently here and there by some units in the last place of its largest terms,
   * 6e-8 each; sums over n rows like sqrt(n) of them, here 40. Five steps, in which P and Adam's
   * division carry errors on, multiply that; wrong formulas would differ by 1e-3 and more.
   */
  static void agrees(Device device, Fop rule) {
    End fused = train(device, DType.FLOAT32, rule, true);
    train(Device.reference(), DType.FLOAT64, rule, false).assertNear(fused, 2e-5);
    train(device, DType.FLOAT32, rule, false).assertNear(fused, 2e-5);
  }

  /** What is not finite goes the way of the plain steps, and holds nothing else up. */
  static void passesOver(Device device, double planted) {
    device.run(() -> Scope.run(() -> passesOver(planted)));
  }

  private static void passesOver(double planted) {
    Fop rule = Fop.over(new Sgd(0.1).momentum(0.5).dampening(0.5));
    try (Parameter bad =
            new Parameter("a", Role.CONV_KERNEL, random(DType.FLOAT32, 1, 1, 3, 5, 3, 3));
        Parameter good =
            new Parameter("b", Role.CONV_KERNEL, random(DType.FLOAT32, 1, 2, 3, 5, 3, 3));
        Parameter bias = new Parameter("c", Role.BIAS, random(DType.FLOAT32, 1, 3, 9));
        Optimizer optimizer = Optimizer.of(rule, List.of(bad, good, bias))) {
      for (int step = 0; step < 4; step++) {
        double[] before = bad.value().toDoubles();
        double[] other = good.value().toDoubles();
        double[] third = bias.value().toDoubles();
        Tensor g = random(DType.FLOAT32, 2, step, 3, 5, 3, 3);
        if (step != 1) {
          g.slice(0, 1, 2).slice(1, 2, 3).fill(planted);
        }
        Tensor h = random(DType.FLOAT32, 3, step, 3, 5, 3, 3);
        Tensor b = random(DType.FLOAT32, 4, step, 9);
        if (step == 2) {
          b.slice(0, 3, 4).fill(planted);
        }
        Gradients gradients =
            Gradients.of(Map.of(bad.value(), g, good.value(), h, bias.value(), b));
        optimizer.step(gradients);
        assertEquals(step == 1, !Arrays.equals(before, bad.value().toDoubles()), "step " + step);
        assertEquals(false, Arrays.equals(other, good.value().toDoubles()), "step " + step);
        assertEquals(step == 2, Arrays.equals(third, bias.value().toDoubles()), "step " + step);
      }
      assertEquals(3, optimizer.state("a").counter("skipped"));
      assertEquals(2, optimizer.state("a").counter("skippedInARow"));
      assertEquals(0, optimizer.state("c").counter("skippedInARow"));
      assertEquals(1, optimizer.state("c").counter("skipped"));
      assertEquals(4, optimizer.state("b").counter("step"));
      Tensor g = random(DType.FLOAT32, 2, 9, 3, 5, 3, 3);
      g.slice(0, 1, 2).fill(planted);
      FopException e =
          assertThrows(
              FopException.class, () -> optimizer.step(Gradients.of(Map.of(bad.value(), g))));
      assertEquals("a", e.parameter());
    }
  }
}
