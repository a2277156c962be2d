package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.api.Test;

/**
 * Two kernels, [2, 1, 3, 3] and [3, 2, 1, 1], so 18 and 6 numbers, and a bias: M has 9 x 9 and 1,
 * and Adam two numbers for each that it moves.
 */
class ExtraTest {
  private static final Sgd MOMENTUM = new Sgd(0.1).momentum(0.9);

  private static Extra after(int steps, Rule rule) {
    return Device.reference()
        .call(
            () ->
                Scope.call(
                    () -> {
                      try (Parameter large = kernel("large", 2, 1, 3, 3);
                          Parameter small = kernel("small", 3, 2, 1, 1);
                          Parameter bias = new Parameter("bias", Role.BIAS, Tensor.ones(2));
                          Optimizer optimizer = Optimizer.of(rule, List.of(large, small, bias))) {
                        for (int i = 0; i < steps; i++) {
                          optimizer.step(
                              Gradients.of(
                                  Map.of(
                                      large.value(), Tensor.ones(2, 1, 3, 3),
                                      small.value(), Tensor.ones(3, 2, 1, 1),
                                      bias.value(), Tensor.ones(2))));
                        }
                        if (rule instanceof Fop fop && steps > 0) {
                          String table = fop.table(optimizer.parameters());
                          Extra extra = Extra.of(optimizer);
                          assertTrue(table.contains("M: " + extra.learned() + " numbers ("), table);
                          assertTrue(table.contains("(" + extra.paper() + " as the paper"), table);
                          assertTrue(table.contains("base rule: " + extra.held() + "\n"), table);
                        }
                        return Extra.of(optimizer);
                      }
                    }));
  }

  private static Parameter kernel(String name, long... shape) {
    return new Parameter(name, Role.CONV_KERNEL, Tensor.ones(shape));
  }

  @Test
  void countsWhatEachRuleLearnsAndHolds() {
    assertEquals(new Extra(82, 10, 82 + 24 + 2 * 82), after(2, Fop.over(MOMENTUM)));
    assertEquals(new Extra(2, 2, 2 + 24 + 2 * 2), after(2, Shd.over(MOMENTUM)));
    assertEquals(new Extra(24, 24, 24 + 24 + 2 * 24), after(2, Pphd.over(MOMENTUM)));
  }

  @Test
  void theBaseRuleDoesNotCount() {
    assertEquals(Extra.NONE, after(2, MOMENTUM));
    assertEquals(Extra.NONE, after(2, new Adam(1e-3)));
    assertEquals(
        new Extra(82, 10, 82 + 24 + 2 * 82), after(2, Fop.over(new Adam(1e-3))), "whatever it is");
    assertEquals(Extra.NONE, after(0, Fop.over(MOMENTUM)), "made by the first step");
  }
}
