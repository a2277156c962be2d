package org.hypergrad.nn.data.image;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.leptonica.PIX;
import org.bytedeco.leptonica.global.leptonica;

/**
 * JPEG through the natives of Leptonica, which have libjpeg-turbo in them; all else through {@link
 * ImageIoDecoder}. So are files that libjpeg-turbo complains about: that decoder tells in words of
 * what, and whether it matters.
 */
final class LeptonicaDecoder implements Decoder {
  private final Decoder others = new ImageIoDecoder();

  /**
   * Loads the natives.
   *
   * @throws LinkageError if there are none for this machine
   */
  LeptonicaDecoder() {
    Loader.load(leptonica.class);
    // What is wrong with a file is in the exception.
    leptonica.setMsgSeverity(leptonica.L_SEVERITY_NONE);
  }

  @Override
  public Picture decode(String source, byte[] file, Header header, int reduction) {
    Picture picture = header.isJpeg() ? jpeg(file, reduction) : null;
    return picture == null ? others.decode(source, file, header, reduction) : picture;
  }

  /** The picture, or null if anything is odd about it. */
  private static Picture jpeg(byte[] file, int reduction) {
    int[] warnings = new int[1];
    PIX pix =
        leptonica.pixReadMemJpeg(
            file, file.length, 0, reduction, warnings, leptonica.L_JPEG_CONTINUE_WITH_BAD_DATA);
    if (pix == null) {
      return null;
    }
    try {
      return warnings[0] > 0 ? null : picture(pix, reduction);
    } finally {
      leptonica.pixDestroy(pix);
    }
  }

  private static Picture picture(PIX pix, int reduction) {
    int width = leptonica.pixGetWidth(pix);
    int height = leptonica.pixGetHeight(pix);
    int rowWords = leptonica.pixGetWpl(pix);
    int[] words = new int[rowWords * height];
    leptonica.pixGetData(pix).get(words);
    // A colour pixel is a word, its red uppermost; of gray, a word has four pixels.
    return new Picture(
        width,
        height,
        reduction,
        leptonica.pixGetDepth(pix) == 32 ? words : gray(words, rowWords, width, height));
  }

  private static int[] gray(int[] words, int rowWords, int width, int height) {
    int[] pixels = new int[width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int word = words[y * rowWords + (x >> 2)];
        int value = word >>> 24 - 8 * (x & 3) & 0xFF;
        pixels[y * width + x] = Picture.pixel(value, value, value);
      }
    }
    return pixels;
  }
}
