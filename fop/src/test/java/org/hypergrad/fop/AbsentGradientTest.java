package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;
import org.junit.jupiter.api.Test;

/**
 * What FOP does with what other rules bring: schedules, absent gradients; and a property of Eq. 11.
 */
class AbsentGradientTest {
  private static void onReference(Runnable body) {
    Device.reference().run(() -> Scope.run(body));
  }

  private static Parameter number() {
    return new Parameter("p", Role.DENSE_WEIGHT, Tensor.full(5, DType.FLOAT64, 1, 1));
  }

  private static Gradients gradient(Parameter p, double value) {
    return Gradients.of(Map.of(p.value(), Tensor.full(value, DType.FLOAT64, 1, 1)));
  }

  /** A base rule that counts what it hears. */
  private record Listening(List<String> heard) implements StandardRule {
    @Override
    public double rate() {
      return 0.1;
    }

    @Override
    public double weightDecay() {
      return 0;
    }

    @Override
    public Tensor direction(Tensor gradient, State state) {
      state.count("calls");
      return gradient;
    }

    @Override
    public void skip(Parameter parameter, State state) {
      heard.add(parameter.name() + " after " + state.counter("calls"));
    }
  }

  @Test
  void theBaseRuleHearsOfAbsentGradients() {
    onReference(
        () -> {
          for (int method = 0; method < 3; method++) {
            Listening base = new Listening(new ArrayList<>());
            try (Parameter p = number();
                Optimizer optimizer =
                    Optimizer.of(
                        switch (method) {
                          case 0 -> Fop.over(base);
                          case 1 -> Shd.over(base);
                          default -> Pphd.over(base);
                        },
                        List.of(p))) {
              optimizer.step(gradient(p, 1));
              optimizer.step(Gradients.of(Map.of()));
              assertEquals(List.of("p after 1"), base.heard);
            }
          }
        });
  }
}
