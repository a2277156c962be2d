package org.hypergrad.examples.experiment;

import java.util.Optional;
import java.util.function.LongSupplier;

/** How fast steps are taken, and so how long those that are left will take. */
public final class Pace {
  /**
   * Nothing is said before so many steps, or so long where steps are slow: the first are slower.
   */
  private static final long SETTLED_STEPS = 50;

  private static final long SETTLED_NANOS = 20_000_000_000L;

  private final LongSupplier nanos;
  private long left;
  private long taken;
  private long start;

  /** By the JVM's clock. */
  public Pace() {
    this(System::nanoTime);
  }

  /** By a clock that counts nanoseconds. */
  Pace(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** More steps are to come. */
  public void expect(long steps) {
    left += steps;
  }

  /** Steps will not be taken: they were before, or their run has ended. */
  void skip(long steps) {
    left -= steps;
  }

  /** Another process has taken steps that were to come. */
  public void elsewhere(long steps) {
    left -= steps;
    if (taken > 0) {
      taken += steps;
    }
  }

  /** A step is about to be taken, or the first was. */
  void step() {
    if (taken == 0) {
      start = nanos.getAsLong();
    }
    taken++;
    left--;
  }

  /** About how long the steps that are left will take; empty where nothing is known, or left. */
  Optional<String> left() {
    long time = nanos.getAsLong() - start;
    boolean settled = taken >= SETTLED_STEPS || (taken >= 2 && time >= SETTLED_NANOS);
    if (!settled || left <= 0) {
      return Optional.empty();
    }
    double each = time / 1e9 / (taken - 1);
    return Optional.of(text(Math.round(each * left)));
  }

  private static String text(long seconds) {
    if (seconds < 100) {
      return "about " + seconds + " s";
    }
    long minutes = Math.ceilDiv(seconds, 60);
    return minutes < 100
        ? "about " + minutes + " min"
        : "about %d h %d min".formatted(minutes / 60, minutes % 60);
  }
}
