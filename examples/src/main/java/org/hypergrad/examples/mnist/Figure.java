package org.hypergrad.examples.mnist;

import java.util.Locale;

/** What the runs are for, each with the settings with which it shows what the paper has. */
enum Figure {
  /** Some methods beside each other. */
  METHODS("mnist", 0.005, 0.1, 10, 1),
  /** Figure A.2: FOP of several ranks against momentum. */
  RANKS("mnist-ranks", 0.003, 0.1, 10, 5),
  /** Figure A.1: the angle between each layer's gradient and what P makes of it. */
  ANGLES("mnist-angles", 3e-4, 0.3, 3, 5);

  private final String folder;
  private final double rate;
  private final double deviation;
  private final long epochs;
  private final int seeds;

  Figure(String folder, double rate, double deviation, long epochs, int seeds) {
    this.folder = folder;
    this.rate = rate;
    this.deviation = deviation;
    this.epochs = epochs;
    this.seeds = seeds;
  }

  /** Where results go by default, in {@code out}. */
  String folder() {
    return folder;
  }

  /** Learning rate by default. */
  double rate() {
    return rate;
  }

  /** Standard deviation of the first M by default. */
  double deviation() {
    return deviation;
  }

  /** Passes over the training images by default. */
  long epochs() {
    return epochs;
  }

  /** Runs of each method by default. */
  int seeds() {
    return seeds;
  }

  /** The name on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
