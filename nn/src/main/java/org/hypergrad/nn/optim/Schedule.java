package org.hypergrad.nn.optim;

import org.hypergrad.engine.error.ArgumentException;

/** The factor of the learning rate at each step; steps count from 0. */
@FunctionalInterface
public interface Schedule {
  /** What the rate is multiplied by at this step. */
  double factor(long step);

  /** 1 throughout. */
  static Schedule constant() {
    return step -> 1;
  }

  /** Multiplied by {@code factor} at each of these steps: 1 before the first of them. */
  static Schedule steps(double factor, long... at) {
    Ranges.positive("schedule", "factor", factor);
    long[] bounds = at.clone();
    return step -> {
      double product = 1;
      for (long bound : bounds) {
        product *= step >= bound ? factor : 1;
      }
      return product;
    };
  }

  /**
   * From 1 to {@code floor} along half a cosine: floor + (1 - floor) (1 + cos(pi step / length)) /
   * 2 (Loshchilov and Hutter, 2017, without restarts), and {@code floor} from {@code length} on.
   */
  static Schedule cosine(long length, double floor) {
    checkLength(length);
    Ranges.notNegative("schedule", "floor", floor);
    return step ->
        step >= length ? floor : floor + (1 - floor) * (1 + Math.cos(Math.PI * step / length)) / 2;
  }

  /**
   * In equal parts up to 1 over the first {@code length} steps, then this from its own start. For
   * {@code total} steps in all:
   *
   * <pre>{@code
   * long total = epochs * loader.batches();
   * Schedule schedule = Schedule.cosine(total - 500, 0).warmUp(500);
   * }</pre>
   */
  default Schedule warmUp(long length) {
    checkLength(length);
    return step -> step < length ? (step + 1.0) / length : factor(step - length);
  }

  private static void checkLength(long length) {
    if (length < 1) {
      throw new ArgumentException(
          "schedule", "no length", "length " + length, "at least one step", "");
    }
  }
}
