package org.hypergrad.nn.data.image;

import org.bytedeco.javacpp.IntPointer;
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
  public Pixels decode(String source, byte[] file, Header header, int reduction) {
    Pixels pixels = header.isJpeg() ? jpeg(file, reduction) : null;
    return pixels == null ? others.decode(source, file, header, reduction) : pixels;
  }

  /** The picture, or null if anything is odd about it. */
  private static Pixels jpeg(byte[] file, int reduction) {
    int[] warnings = new int[1];
    PIX pix =
        leptonica.pixReadMemJpeg(
            file, file.length, 0, reduction, warnings, leptonica.L_JPEG_CONTINUE_WITH_BAD_DATA);
    if (pix == null) {
      return null;
    }
    if (warnings[0] > 0) {
      leptonica.pixDestroy(pix);
      return null;
    }
    return new NativePixels(pix, reduction);
  }

  /** A picture in Leptonica's memory, which is not copied as a whole. */
  private static final class NativePixels implements Pixels {
    private static final int COLOUR_BITS = 32;

    private final PIX pix;
    private final int reduction;
    private final int width;
    private final int height;
    private final IntPointer words;
    private final int rowWords;

    /** Words of a row of grays; null if the picture is in colour. */
    private final int[] grays;

    NativePixels(PIX pix, int reduction) {
      this.pix = pix;
      this.reduction = reduction;
      this.width = leptonica.pixGetWidth(pix);
      this.height = leptonica.pixGetHeight(pix);
      this.words = leptonica.pixGetData(pix);
      this.rowWords = leptonica.pixGetWpl(pix);
      this.grays = leptonica.pixGetDepth(pix) == COLOUR_BITS ? null : new int[rowWords];
    }

    @Override
    public int width() {
      return width;
    }

    @Override
    public int height() {
      return height;
    }

    @Override
    public int reduction() {
      return reduction;
    }

    /** A colour pixel is a word, its red uppermost; of gray, a word has four pixels. */
    @Override
    public void row(int x, int y, int count, int[] into) {
      long row = (long) y * rowWords;
      if (grays == null) {
        words.position(row + x).get(into, 0, count);
        return;
      }
      words.position(row).get(grays, 0, rowWords);
      for (int i = 0; i < count; i++) {
        int value = grays[x + i >> 2] >>> 24 - 8 * (x + i & 3) & 0xFF;
        into[i] = Picture.pixel(value, value, value);
      }
    }

    @Override
    public void close() {
      leptonica.pixDestroy(pix);
    }
  }
}
