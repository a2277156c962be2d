package org.hypergrad.nn.data.image;

import java.util.random.RandomGenerator;

/** The middle of the resized picture. */
record CentreCrop(int size) implements Framing {
  private static final double SHOWN = 0.875;

  @Override
  public View view(int width, int height, RandomGenerator random) {
    int shorter = (int) Math.rint(size / SHOWN);
    int resizedWidth = width <= height ? shorter : Math.toIntExact((long) shorter * width / height);
    int resizedHeight =
        width <= height ? Math.toIntExact((long) shorter * height / width) : shorter;
    return new View(
        0,
        0,
        width,
        height,
        resizedWidth,
        resizedHeight,
        (int) Math.rint((resizedWidth - size) / 2.0),
        (int) Math.rint((resizedHeight - size) / 2.0),
        size,
        false);
  }

  @Override
  public String toString() {
    return "centre crop to " + size;
  }
}
