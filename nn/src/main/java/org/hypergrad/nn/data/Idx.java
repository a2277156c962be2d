package org.hypergrad.nn.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads the IDX format of MNIST: big-endian counts, then unsigned bytes.
 *
 * <pre>
 *   images:  00 00 08 03, n, rows, columns (int32 each), n * rows * columns bytes
 *   labels:  00 00 08 01, n (int32), n bytes
 * </pre>
 *
 * <p>Files may be packed by gzip or xz, whatever their names. Lengths must be exact; memory grows
 * with the data that is there, never with the count that a header claims. Each method throws {@link
 * DataException} with the source, the number of bytes there and the number expected.
 */
public final class Idx {
  private static final int MAGIC_IMAGES = 0x0803;
  private static final int MAGIC_LABELS = 0x0801;
  private static final int CHUNK = 1 << 16;

  private final String source;
  private final InputStream in;

  /** Unpacked bytes read. */
  private long count;

  private Idx(String source, InputStream in) {
    this.source = source;
    this.in = in;
  }

  /**
   * Images, as in the file.
   *
   * @param source what to call the file in messages
   * @param pixels {@code [count, rows, columns]}, unsigned
   */
  public record Images(String source, int count, int rows, int columns, byte[] pixels) {}

  /**
   * Labels, as in the file.
   *
   * @param source what to call the file in messages
   * @param values one for each image, unsigned
   */
  public record Labels(String source, byte[] values) {}

  /** Reads a file of images. */
  public static Images images(Path file) {
    return open(file, in -> images(file.toString(), in));
  }

  /** Reads images from a stream, to its end; the caller closes it. */
  public static Images images(String source, InputStream in) {
    return unpacked(source, in).readImages();
  }

  /** Reads a file of labels. */
  public static Labels labels(Path file) {
    return open(file, in -> labels(file.toString(), in));
  }

  /** Reads labels from a stream, to its end; the caller closes it. */
  public static Labels labels(String source, InputStream in) {
    return unpacked(source, in).readLabels();
  }

  @FunctionalInterface
  private interface Reading<T> {
    T of(InputStream in);
  }

  private static <T> T open(Path file, Reading<T> reading) {
    if (Files.isDirectory(file)) {
      throw new DataException(
          file.toString(), "is a directory", "", "an IDX file", "name the file in it", null);
    }
    try (InputStream in = Files.newInputStream(file)) {
      return reading.of(in);
    } catch (IOException cause) {
      String problem =
          switch (cause) {
            case NoSuchFileException _ -> "does not exist";
            case AccessDeniedException _ -> "may not be read";
            default -> "cannot be read";
          };
      throw new DataException(file.toString(), problem, cause.toString(), "an IDX file", "", cause);
    }
  }

  private static Idx unpacked(String source, InputStream in) {
    try {
      return new Idx(source, Packed.unpack(in));
    } catch (IOException cause) {
      throw new DataException(
          source,
          "is damaged or cut short",
          "0 unpacked bytes before " + cause,
          "an IDX file, plain or packed by gzip or xz",
          "fetch it again",
          cause);
    }
  }

  private Images readImages() {
    int[] header = header(MAGIC_IMAGES, 4);
    int rows = header[2];
    int columns = header[3];
    byte[] pixels = body(4 * header.length, header[1], rows, columns);
    return new Images(source, header[1], rows, columns, pixels);
  }

  private Labels readLabels() {
    int[] header = header(MAGIC_LABELS, 2);
    return new Labels(source, body(4 * header.length, header[1]));
  }

  private int[] header(int magic, int words) {
    byte[] bytes = read(4 * words, 4 * words);
    int[] header = new int[words];
    for (int i = 0; i < words; i++) {
      header[i] = word(bytes, i);
    }
    // The magic first: a file of labels is also too short for a header of images.
    if (bytes.length >= 4 && header[0] != magic) {
      throw refuse(
          "is not an IDX file of " + kind(magic),
          String.format("magic %08x (%s)", header[0], kind(header[0])),
          String.format("magic %08x and at least %d bytes", magic, 4 * words),
          header[0] == MAGIC_IMAGES || header[0] == MAGIC_LABELS
              ? "are images and labels exchanged?"
              : "");
    }
    if (bytes.length < 4 * words) {
      throw refuse(
          bytes.length == 0 ? "is empty" : "ends within its header",
          "",
          "a header of " + 4 * words + " bytes",
          "fetch it again");
    }
    return header;
  }

  /** Big-endian; bytes that are not there count as 0. */
  private static int word(byte[] bytes, int index) {
    int word = 0;
    for (int i = 4 * index; i < 4 * index + 4; i++) {
      word = word << 8 | (i < bytes.length ? bytes[i] & 0xff : 0);
    }
    return word;
  }

  private static String kind(int magic) {
    return switch (magic) {
      case MAGIC_IMAGES -> "images";
      case MAGIC_LABELS -> "labels";
      default -> {
        int swapped = Integer.reverseBytes(magic);
        boolean known = swapped == MAGIC_IMAGES || swapped == MAGIC_LABELS;
        yield known ? kind(swapped) + ", but little-endian" : "something else";
      }
    };
  }

  /** What follows the header: a byte for each element of these extents, and no more. */
  private byte[] body(int header, int... extents) {
    String text = "header " + Arrays.toString(extents);
    long size = 1;
    for (int extent : extents) {
      if (extent < 1) {
        throw refuse("a count is not positive", text, "counts >= 1", "");
      }
      // Below 2^32, so that the next product does not overflow.
      size = Math.min(size * extent, (1L << 32) - 1);
    }
    if (size > BatchBuffer.MAX_VALUES) {
      throw refuse(
          "counts are too large",
          text,
          "the product of the counts, but at most " + BatchBuffer.MAX_VALUES + " bytes",
          "");
    }
    byte[] body = read((int) size, header + size);
    drain(header + size);
    if (count != header + size) {
      throw refuse(
          count < header + size ? "is cut short" : "has bytes behind its end",
          text,
          header + size + " bytes",
          "fetch it again");
    }
    return body;
  }

  /** Up to {@code size} bytes: fewer at the end of the file. */
  private byte[] read(int size, long expected) {
    byte[] bytes = new byte[Math.min(size, CHUNK)];
    int filled = 0;
    try {
      while (filled < size) {
        if (filled == bytes.length) {
          bytes = Arrays.copyOf(bytes, (int) Math.min(size, 2L * filled));
        }
        int read = in.read(bytes, filled, bytes.length - filled);
        if (read < 0) {
          break;
        }
        filled += read;
        count += read;
      }
    } catch (IOException cause) {
      throw damaged(expected, cause);
    }
    return filled == bytes.length ? bytes : Arrays.copyOf(bytes, filled);
  }

  /** Counts the bytes that are left; also makes gzip check what it has read. */
  private void drain(long expected) {
    try {
      count += in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException cause) {
      throw damaged(expected, cause);
    }
  }

  private DataException damaged(long expected, IOException cause) {
    return new DataException(
        source,
        "is damaged or cut short",
        count + " bytes before " + cause,
        expected + " bytes",
        "fetch it again",
        cause);
  }

  private DataException refuse(String problem, String got, String expected, String hint) {
    drain(count);
    String all = (got.isEmpty() ? "" : got + ", ") + count + " bytes";
    return new DataException(source, problem, all, expected, hint, null);
  }
}
