package org.hypergrad.examples.predict;

import java.util.random.RandomGenerator;
import org.hypergrad.nn.data.image.Framing;
import org.hypergrad.nn.data.image.View;

/** The middle square of a picture, as large as it can be; of a square picture all. */
record WholePicture(int size) implements Framing {
  @Override
  public View view(int width, int height, RandomGenerator random) {
    int shorter = Math.min(width, height);
    int resizedWidth = Math.toIntExact((long) size * width / shorter);
    int resizedHeight = Math.toIntExact((long) size * height / shorter);
    return new View(
        0,
        0,
        width,
        height,
        resizedWidth,
        resizedHeight,
        (resizedWidth - size) / 2,
        (resizedHeight - size) / 2,
        size,
        false);
  }
}
