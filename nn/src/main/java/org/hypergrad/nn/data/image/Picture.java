package org.hypergrad.nn.data.image;

/**
 * A decoded image in RGB.
 *
 * @param reduction 1, or 2, 4 or 8 if each pixel stands for a square of so many of the file's
 * @param pixels row by row, each with red in bits 24 to 31, green in bits 16 to 23 and blue in bits
 *     8 to 15; the other bits have no meaning
 */
public record Picture(int width, int height, int reduction, int[] pixels) implements Pixels {
  /** A copy that lasts. */
  static Picture of(Pixels pixels) {
    if (pixels instanceof Picture picture) {
      return picture;
    }
    int width = pixels.width();
    int height = pixels.height();
    int[] all = new int[width * height];
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      pixels.row(0, y, width, row);
      System.arraycopy(row, 0, all, y * width, width);
    }
    return new Picture(width, height, pixels.reduction(), all);
  }

  @Override
  public void row(int x, int y, int count, int[] into) {
    System.arraycopy(pixels, y * width + x, into, 0, count);
  }

  /** A pixel of these components, each in [0, 255]. */
  static int pixel(int red, int green, int blue) {
    return red << 24 | green << 16 | blue << 8;
  }

  /** Red of the pixel in this column and row. */
  public int red(int x, int y) {
    return pixels[y * width + x] >>> 24;
  }

  /** Green of the pixel in this column and row. */
  public int green(int x, int y) {
    return pixels[y * width + x] >>> 16 & 0xFF;
  }

  /** Blue of the pixel in this column and row. */
  public int blue(int x, int y) {
    return pixels[y * width + x] >>> 8 & 0xFF;
  }
}
