package org.hypergrad.nn.layer;

import org.hypergrad.engine.error.ArgumentException;

/** What the numbers of a layer may be. */
final class Checks {
  private Checks() {}

  static void check(String layer, String name, boolean fits, Object value, String range) {
    if (!fits) {
      throw new ArgumentException(layer, name + " out of range", name + " " + value, range, "");
    }
  }

  static void extent(String layer, String name, long value) {
    check(layer, name, value > 0, value, ">= 1");
  }

  static void epsilon(String layer, double value) {
    boolean fits = value > 0 && value < Double.POSITIVE_INFINITY;
    check(layer, "epsilon", fits, value, "finite and > 0");
  }

  /** Channels in groups of one size. */
  static void channels(String layer, String name, long value, long groups) {
    extent(layer, name, value);
    check(layer, name, value % groups == 0, value, "a multiple of groups = " + groups);
  }
}
