package org.hypergrad.nn.data.image;

/**
 * How a camera was held, as EXIF numbers it: what must be done to the stored picture so that it
 * stands upright.
 */
enum Orientation {
  UPRIGHT(false, false, false),
  MIRRORED(false, true, false),
  UPSIDE_DOWN(false, true, true),
  FLIPPED(false, false, true),
  TRANSPOSED(true, false, false),
  QUARTER_LEFT(true, true, false),
  TRANSVERSED(true, true, true),
  QUARTER_RIGHT(true, false, true);

  /** Whether rows become columns; then, of the result, whether columns and rows change ends. */
  private final boolean transposed;

  private final boolean reversedX;
  private final boolean reversedY;

  Orientation(boolean transposed, boolean reversedX, boolean reversedY) {
    this.transposed = transposed;
    this.reversedX = reversedX;
    this.reversedY = reversedY;
  }

  /** By EXIF's number, 1 to 8; any other means nothing, and leaves the picture as it is. */
  static Orientation of(int exif) {
    return exif >= 1 && exif <= 8 ? values()[exif - 1] : UPRIGHT;
  }

  boolean isTransposed() {
    return transposed;
  }

  Picture turn(Picture stored) {
    if (this == UPRIGHT) {
      return stored;
    }
    int width = transposed ? stored.height() : stored.width();
    int height = transposed ? stored.width() : stored.height();
    int[] turned = new int[width * height];
    for (int y = 0; y < height; y++) {
      int fromY = reversedY ? height - 1 - y : y;
      for (int x = 0; x < width; x++) {
        int fromX = reversedX ? width - 1 - x : x;
        int from = transposed ? fromX * stored.width() + fromY : fromY * stored.width() + fromX;
        turned[y * width + x] = stored.pixels()[from];
      }
    }
    return new Picture(width, height, stored.reduction(), turned);
  }
}
