package org.hypergrad.engine.cuda;

import java.util.Set;
import java.util.function.Consumer;

/**
 * A test of some kernels.
 *
 * @param kernels the entries that it launches, no others
 * @param body launches them and compares
 */
record KernelCase(Set<String> kernels, Consumer<Gpu> body) {
  static KernelCase of(String kernel, Consumer<Gpu> body) {
    return new KernelCase(Set.of(kernel), body);
  }

  @Override
  public String toString() {
    return String.join(", ", kernels.stream().sorted().toList());
  }
}
