package org.hypergrad.nn.data.image;

/**
 * What of a picture is shown: a region of it is resized, and a square window is cut from the
 * result.
 *
 * @param left first column of the region in the picture
 * @param top first row of the region in the picture
 * @param resizedWidth columns that the region becomes
 * @param resizedHeight rows that the region becomes
 * @param windowLeft first column of the window in the resized region
 * @param windowTop first row of the window in the resized region
 * @param size side of the window
 * @param mirrored whether left and right change places at last
 */
public record View(
    int left,
    int top,
    int width,
    int height,
    int resizedWidth,
    int resizedHeight,
    int windowLeft,
    int windowTop,
    int size,
    boolean mirrored) {
  /**
   * How much must be left to shrink after a decoder's own reduction. With as much the pixels differ
   * little from those of the whole picture's; Pillow advises the same for its reducing gap.
   */
  private static final int GAP = 2;

  private static final int LARGEST_REDUCTION = 8;

  /** The region as it is, resized to a square, all of which is shown. */
  static View square(int left, int top, int width, int height, int size, boolean mirrored) {
    return new View(left, top, width, height, size, size, 0, 0, size, mirrored);
  }

  /** How much smaller the picture may be decoded for this: 1, 2, 4 or 8. */
  int reduction() {
    int reduction = 1;
    while (reduction < LARGEST_REDUCTION
        && width >= 2L * reduction * GAP * resizedWidth
        && height >= 2L * reduction * GAP * resizedHeight) {
      reduction *= 2;
    }
    return reduction;
  }
}
