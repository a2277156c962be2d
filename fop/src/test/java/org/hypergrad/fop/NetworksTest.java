package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.hypergrad.engine.Device;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.model.AllCnn;
import org.hypergrad.nn.model.ResNet;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.api.Test;

/** What FOP holds of the networks of the paper. */
class NetworksTest {
  private static final Fop FOP =
      Fop.over(new Sgd(0.05).momentum(0.9))
          .where(Selector.role(Role.DENSE_WEIGHT), Preconditioner.none());

  private static void assertEndOfTable(String expected, Module network) {
    try (network) {
      String table = FOP.table(network.parameters());
      assertTrue(table.contains(expected), table);
    }
  }

  /** 7 x 81 + 2 x 1 numbers in M; the paper counts 7 x 9 + 2 x 1. */
  @Test
  void allCnn() {
    Device.cpu()
        .run(
            () ->
                assertEndOfTable(
                    "M: 569 numbers (65 as the paper counts, k^2 per k x k kernel)",
                    AllCnn.builder().build(new Generator(1))));
  }

  /**
   * 49^2 + 16 x 81 + 3 x 1 numbers in M. The paper counts 197 = 49 + 16 x 9 + 4 x 1, with a fourth
   * projection, in the first layer, where x has the right shape already.
   */
  @Test
  void resNet18() {
    Device.cpu()
        .run(
            () ->
                assertEndOfTable(
                    "M: 3700 numbers (196 as the paper counts, k^2 per k x k kernel)",
                    ResNet.resNet18().build(new Generator(1))));
  }
}
