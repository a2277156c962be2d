package org.hypergrad.nn.data.image;

import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.nn.data.DataException;

/**
 * Reads JPEG and PNG, told apart by their content. Safe for use by several threads.
 *
 * <p>Any JPEG that ImageNet holds is read: gray, CMYK and YCCK (inverted, as Adobe's programs store
 * them, or not), progressive. A picture with an EXIF orientation is turned upright. That differs
 * from torchvision's {@code ImageFolder}, which shows the few of them as they are stored. A
 * picture's colour profile is left aside, and so is alpha; of 16 bits the upper eight count. A file
 * that is cut or damaged is refused, never shown in part; stray bytes between its segments do no
 * harm.
 */
public final class ImageDecoder {
  private static final System.Logger LOG = System.getLogger("hypergrad.data");

  private final String name;
  private final Decoder decoder;

  private ImageDecoder(String name, Decoder decoder) {
    this.name = name;
    this.decoder = decoder;
  }

  /** The one that is made at first use. */
  private static final class Fastest {
    static final ImageDecoder INSTANCE = load();

    private static ImageDecoder load() {
      try {
        return libjpegTurbo();
      } catch (ArgumentException missing) {
        LOG.log(Level.WARNING, "images are decoded by javax.imageio, slower: {0}", missing.got());
        return imageIo();
      }
    }
  }

  /** That with libjpeg-turbo where its natives run, or else the JDK's; a log line tells of it. */
  public static ImageDecoder fastest() {
    return Fastest.INSTANCE;
  }

  /**
   * JPEG through libjpeg-turbo, from the natives of Leptonica; PNG through the JDK.
   *
   * @throws ArgumentException if there are no natives for this machine
   */
  public static ImageDecoder libjpegTurbo() {
    try {
      return new ImageDecoder("libjpeg-turbo", new LeptonicaDecoder());
    } catch (LinkageError missing) {
      throw new ArgumentException(
          "image decoder",
          "libjpeg-turbo cannot be loaded",
          missing.toString(),
          "natives of org.bytedeco:leptonica for this machine",
          "use ImageDecoder.imageIo()");
    }
  }

  /** All through the JDK's javax.imageio. */
  public static ImageDecoder imageIo() {
    return new ImageDecoder("javax.imageio", new ImageIoDecoder());
  }

  /**
   * Decodes a whole file, upright.
   *
   * @param source what to call it in messages
   * @throws DataException if it is no JPEG or PNG, or damaged
   */
  public Picture decode(String source, byte[] file) {
    Header header = Header.of(source, file);
    try (Pixels pixels = decoder.decode(source, file, header, 1)) {
      return header.orientation().turn(Picture.of(pixels));
    }
  }

  /**
   * Decodes a file as an input of a network.
   *
   * @param source what to call it in messages
   * @param random decides what a random framing shows
   * @param target uint8 {@code [3, size, size]}: red, green, blue; written only at success
   * @throws DataException if it is no JPEG or PNG, or damaged
   */
  public void read(
      String source, byte[] file, Framing framing, RandomGenerator random, MemorySegment target) {
    Header header = Header.of(source, file);
    boolean transposed = header.orientation().isTransposed();
    View view =
        framing.view(
            transposed ? header.height() : header.width(),
            transposed ? header.width() : header.height(),
            random);
    boolean upright = header.orientation() == Orientation.UPRIGHT;
    // Where a side is no multiple, a turned picture would begin with the part of a pixel.
    int reduction = upright ? view.reduction() : 1;
    try (Pixels pixels = decoder.decode(source, file, header, reduction)) {
      Resampling.write(
          upright ? pixels : header.orientation().turn(Picture.of(pixels)), view, target);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
