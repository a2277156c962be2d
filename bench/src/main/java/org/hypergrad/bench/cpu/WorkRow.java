package org.hypergrad.bench.cpu;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Work that is more than an op.
 *
 * @param known its cost; if there is none, its products are counted
 */
record WorkRow(String name, Optional<Cost> known, Supplier<Case> make) implements Row {
  static WorkRow of(String name, Cost cost, Supplier<Case> make) {
    return new WorkRow(name, Optional.of(cost), make);
  }

  /** Work whose cost is that of the products in it. */
  static WorkRow ofProducts(String name, Supplier<Case> make) {
    return new WorkRow(name, Optional.empty(), make);
  }

  @Override
  public Cost cost() {
    return known.orElseGet(() -> Cost.ofProducts(this));
  }

  @Override
  public Case open() {
    return make.get();
  }
}
