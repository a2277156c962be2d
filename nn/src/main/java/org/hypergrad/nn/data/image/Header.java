package org.hypergrad.nn.data.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.hypergrad.nn.data.DataException;

/**
 * What a file says of its image ahead of the pixels: JPEG by ITU T.81 with its application segments
 * (EXIF, Adobe), or PNG. The content tells which, never the name.
 *
 * @param components of a JPEG: 1 gray, 3 colour, 4 CMYK or YCCK; 0 for a PNG
 * @param width as stored, before it is turned upright
 * @param adobe transform of a JPEG's Adobe segment: 0 none, 1 YCbCr, 2 YCCK; -1 without one
 */
record Header(int components, int width, int height, Orientation orientation, int adobe) {
  static final int NO_ADOBE = -1;

  private static final long PNG = 0x89504E470D0A1A0AL;
  private static final int START_OF_IMAGE = 0xFFD8;
  private static final byte[] EXIF = {'E', 'x', 'i', 'f', 0, 0};
  private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.US_ASCII);
  private static final int ORIENTATION_TAG = 0x0112;

  /** Above this, an image is rather an attack on memory; Pillow refuses the same. */
  private static final long MOST_PIXELS = 178_956_970;

  /**
   * Reads the header.
   *
   * @throws DataException if the file is no image that can be read, or one without a sane size
   */
  static Header of(String source, byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    Header header;
    if (file.length >= 24 && bytes.getLong(0) == PNG) {
      header = new Header(0, bytes.getInt(16), bytes.getInt(20), Orientation.UPRIGHT, NO_ADOBE);
    } else if (file.length >= 4 && (bytes.getShort(0) & 0xFFFF) == START_OF_IMAGE) {
      header = jpeg(source, bytes);
    } else {
      throw bad(source, "is no image", start(file));
    }
    if (header.width < 1
        || header.height < 1
        || (long) header.width * header.height > MOST_PIXELS) {
      throw new DataException(
          source,
          "image has a size out of range",
          header.width + " x " + header.height + " pixels",
          "sides of at least 1, and at most " + MOST_PIXELS + " pixels",
          "",
          null);
    }
    return header;
  }

  boolean isJpeg() {
    return components > 0;
  }

  private static String start(byte[] file) {
    StringBuilder text = new StringBuilder(file.length + " bytes");
    for (int i = 0; i < Math.min(8, file.length); i++) {
      text.append(i == 0 ? ": " : " ").append(String.format("%02x", file[i]));
    }
    return text.toString();
  }

  private static DataException bad(String source, String problem, String got) {
    return new DataException(
        source,
        problem,
        got,
        "the whole of a JPEG or PNG file",
        "leave it out or replace it",
        null);
  }

  /** Walks the segments up to the frame's, which gives the size. */
  private static Header jpeg(String source, ByteBuffer bytes) {
    Orientation orientation = Orientation.UPRIGHT;
    int adobe = NO_ADOBE;
    int at = nextMarker(bytes, 2);
    while (at + 4 <= bytes.limit()) {
      int marker = bytes.get(at + 1) & 0xFF;
      int length = bytes.getShort(at + 2) & 0xFFFF;
      int end = Math.min(at + 2 + length, bytes.limit());
      if (isFrame(marker) && end - at >= 10) {
        int height = bytes.getShort(at + 5) & 0xFFFF;
        int width = bytes.getShort(at + 7) & 0xFFFF;
        return new Header(bytes.get(at + 9) & 0xFF, width, height, orientation, adobe);
      } else if (marker == 0xE1 && hasName(bytes, at + 4, end, EXIF)) {
        orientation = Orientation.of(orientation(bytes.slice(at + 10, end - at - 10)));
      } else if (marker == 0xEE && end - at >= 16 && hasName(bytes, at + 4, end, ADOBE)) {
        adobe = bytes.get(at + 15) & 0xFF;
      }
      at = nextMarker(bytes, end);
    }
    throw bad(source, "JPEG ends within its header", bytes.limit() + " bytes");
  }

  /** SOF0 to SOF15, without the three numbers among them that mean other things. */
  private static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  /**
   * Where the next segment's marker begins: behind stray bytes and fill bytes, if there are any.
   */
  private static int nextMarker(ByteBuffer bytes, int from) {
    int at = from;
    while (at + 1 < bytes.limit()
        && (bytes.get(at) != (byte) 0xFF
            || bytes.get(at + 1) == (byte) 0xFF
            || bytes.get(at + 1) == 0)) {
      at++;
    }
    return at;
  }

  private static boolean hasName(ByteBuffer bytes, int at, int end, byte[] name) {
    return end - at >= name.length && bytes.slice(at, name.length).equals(ByteBuffer.wrap(name));
  }

  /** EXIF's orientation from the first directory of its TIFF structure; 0 if it has none. */
  private static int orientation(ByteBuffer tiff) {
    if (tiff.limit() < 8) {
      return 0;
    }
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = tiff.getInt(4);
    if (directory < 8 || directory > tiff.limit() - 2) {
      return 0;
    }
    int entries = tiff.getShort(directory) & 0xFFFF;
    for (int i = 0; i < entries; i++) {
      int entry = directory + 2 + 12 * i;
      if (entry + 12 > tiff.limit()) {
        return 0;
      }
      if ((tiff.getShort(entry) & 0xFFFF) == ORIENTATION_TAG) {
        return tiff.getShort(entry + 8) & 0xFFFF;
      }
    }
    return 0;
  }
}
