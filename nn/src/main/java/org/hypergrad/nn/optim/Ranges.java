package org.hypergrad.nn.optim;

import org.hypergrad.engine.error.ArgumentException;

/** What hyper-parameters may be. */
final class Ranges {
  private Ranges() {}

  static void check(String rule, String name, double value, boolean fits, String range) {
    if (!fits) {
      throw new ArgumentException(rule, name + " out of range", name + " " + value, range, "");
    }
  }

  static void notNegative(String rule, String name, double value) {
    check(rule, name, value, value >= 0 && value < Double.POSITIVE_INFINITY, "finite and >= 0");
  }

  static void positive(String rule, String name, double value) {
    check(rule, name, value, value > 0 && value < Double.POSITIVE_INFINITY, "finite and > 0");
  }

  /** The factor of an exponential mean. */
  static void decay(String rule, String name, double value) {
    check(rule, name, value, value >= 0 && value < 1, "[0, 1)");
  }
}
