package org.hypergrad.nn.data.image;

import java.util.random.RandomGenerator;

/** A part of random size and place. */
record RandomResizedCrop(int size) implements Framing {
  private static final double LEAST_AREA = 0.08;
  private static final double LEAST_ASPECT = 3 / 4.0;
  private static final double LARGEST_ASPECT = 4 / 3.0;
  private static final int TRIES = 10;

  @Override
  public View view(int width, int height, RandomGenerator random) {
    double area = (double) width * height;
    for (int i = 0; i < TRIES; i++) {
      double wanted = area * between(random, LEAST_AREA, 1);
      double aspect = Math.exp(between(random, Math.log(LEAST_ASPECT), Math.log(LARGEST_ASPECT)));
      int w = (int) Math.rint(Math.sqrt(wanted * aspect));
      int h = (int) Math.rint(Math.sqrt(wanted / aspect));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        int top = (int) (random.nextDouble() * (height - h + 1));
        int left = (int) (random.nextDouble() * (width - w + 1));
        return View.square(left, top, w, h, size, isMirrored(random));
      }
    }
    return middle(width, height, isMirrored(random));
  }

  /** As much as the aspects allow, when none of the tries fitted: the picture is long. */
  private View middle(int width, int height, boolean mirrored) {
    double aspect = (double) width / height;
    int w = aspect > LARGEST_ASPECT ? (int) Math.rint(height * LARGEST_ASPECT) : width;
    int h = aspect < LEAST_ASPECT ? (int) Math.rint(width / LEAST_ASPECT) : height;
    return View.square((width - w) / 2, (height - h) / 2, w, h, size, mirrored);
  }

  private static double between(RandomGenerator random, double low, double high) {
    return low + random.nextDouble() * (high - low);
  }

  private static boolean isMirrored(RandomGenerator random) {
    return random.nextDouble() < 0.5;
  }

  @Override
  public String toString() {
    return "random resized crop to " + size + ", mirrored half of the time";
  }
}
