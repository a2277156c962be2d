package org.hypergrad.nn.data.image;

/**
 * A decoded image in RGB.
 *
 * @param reduction 1, or 2, 4 or 8 if each pixel stands for a square of so many of the file's
 * @param pixels row by row, each with red in bits 24 to 31, green in bits 16 to 23 and blue in bits
 *     8 to 15; the other bits have no meaning
 */
public record Picture(int width, int height, int reduction, int[] pixels) {
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
