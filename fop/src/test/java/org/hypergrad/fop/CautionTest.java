package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.api.Test;

/** What is known to go wrong is said once, and only where it can. */
class CautionTest {
  private static List<String> said(Rule rule) {
    List<String> lines = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            lines.add(line.getLevel() + " " + line.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(Optimizer.class.getName());
    logger.addHandler(handler);
    try {
      Trial.EXACT.run(
          () -> {
            double[] start = {1, 2, 3, 4};
            try (Parameter v = Trial.EXACT.parameter("v", Role.DENSE_WEIGHT, start, 2, 2);
                Parameter w = Trial.EXACT.parameter("w", Role.DENSE_WEIGHT, start, 2, 2);
                Parameter b = Trial.EXACT.parameter("b", Role.BIAS, start, 4);
                Optimizer _ = Optimizer.of(rule, List.of(v, w, b))) {}
          });
    } finally {
      logger.removeHandler(handler);
    }
    return lines;
  }

  @Test
  void saysWhatMomentumDoesToThePrintedAlgorithm() {
    for (Fop fop :
        List.of(Fop.over(new Sgd(0.1).momentum(0.9)), Fop.over(new RmsProp(0.1).momentum(0.9)))) {
      List<String> lines = said(fop);
      assertEquals(1, lines.size(), "once per optimizer");
      assertTrue(lines.getFirst().startsWith("WARNING fop: around momentum 0.9"), lines::toString);
      assertTrue(lines.getFirst().contains("preset(Preset.DIRECTION)"), lines::toString);
      assertTrue(lines.getFirst().contains("velocity(0.9)"), lines::toString);
    }
  }

  @Test
  void isSilentWhereItDoesNotApply() {
    Fop fop = Fop.over(new Sgd(0.1).momentum(0.9));
    for (Rule rule :
        List.of(
            fop.preset(Preset.DIRECTION),
            fop.velocity(0.9),
            Fop.over(new Sgd(0.1).momentum(0.5)),
            Fop.over(new Sgd(0.1)),
            Fop.over(new Adam(0.1)),
            fop.where(Selector.all(), Preconditioner.fullRank().freeze()),
            fop.where(Selector.all(), Preconditioner.none()),
            fop.base())) {
      assertEquals(List.of(), said(rule), rule::toString);
    }
  }
}
