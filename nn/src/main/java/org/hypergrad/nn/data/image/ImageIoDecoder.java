package org.hypergrad.nn.data.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.hypergrad.nn.data.DataException;

/**
 * The JDK's own decoders of JPEG and PNG.
 *
 * <p>Components are taken as stored: colour profiles and gamma are left aside, as in the other
 * frameworks, and alpha is dropped. CMYK and YCCK, which the JDK's reader hands out but does not
 * convert, become RGB by {@code (255 - c) (255 - k) / 255}.
 */
final class ImageIoDecoder implements Decoder {
  /** Complaints of libjpeg that leave every pixel good. */
  private static final Pattern HARMLESS =
      Pattern.compile(
          "extraneous bytes before marker|JFIF revision|Adobe color transform|metadata");

  @Override
  public Picture decode(String source, byte[] file, Header header, int reduction) {
    List<String> warnings = new ArrayList<>();
    Picture picture;
    try {
      picture = decode(file, header, warnings);
    } catch (IOException | RuntimeException failure) {
      throw damaged(source, failure.toString(), failure);
    }
    for (String warning : warnings) {
      if (!HARMLESS.matcher(warning).find()) {
        throw damaged(source, warning, null);
      }
    }
    return picture;
  }

  private static DataException damaged(String source, String got, Throwable cause) {
    return new DataException(
        source, "image is damaged", got, "a whole image", "leave it out or replace it", cause);
  }

  private static Picture decode(byte[] file, Header header, List<String> warnings)
      throws IOException {
    ImageReader reader =
        ImageIO.getImageReadersByFormatName(header.isJpeg() ? "jpeg" : "png").next();
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      reader.addIIOReadWarningListener((_, warning) -> warnings.add(warning));
      reader.setInput(in, true, true);
      if (header.components() == 4) {
        return fromCmyk(reader.readRaster(0, null), header.adobe());
      }
      ImageReadParam param = reader.getDefaultReadParam();
      if (header.isJpeg()) {
        param.setDestinationType(asStored(reader, header.components()));
      }
      BufferedImage image = reader.read(0, param);
      return image.getColorModel() instanceof IndexColorModel palette
          ? fromPalette(image.getRaster(), palette)
          : fromComponents(image.getRaster());
    } finally {
      reader.dispose();
    }
  }

  /**
   * The type that needs no change of the components. A picture with a profile has two of as many
   * components: sRGB, which the reader would convert to, and behind it the profile's own.
   */
  private static ImageTypeSpecifier asStored(ImageReader reader, int components)
      throws IOException {
    ImageTypeSpecifier stored = null;
    for (var types = reader.getImageTypes(0); types.hasNext(); ) {
      ImageTypeSpecifier type = types.next();
      stored = type.getNumBands() == components ? type : stored;
    }
    return stored;
  }

  private static Picture fromPalette(Raster raster, IndexColorModel palette) {
    int[] pixels = raster.getSamples(0, 0, raster.getWidth(), raster.getHeight(), 0, (int[]) null);
    for (int i = 0; i < pixels.length; i++) {
      int rgb = palette.getRGB(pixels[i]);
      pixels[i] = rgb << 8;
    }
    return new Picture(raster.getWidth(), raster.getHeight(), 1, pixels);
  }

  /** Gray, with or without alpha, or RGB, with or without; of 16 bits the upper eight count. */
  private static Picture fromComponents(Raster raster) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int shift = raster.getSampleModel().getSampleSize(0) - 8;
    boolean colour = raster.getNumBands() >= 3;
    int[] red = new int[width];
    int[] green = new int[width];
    int[] blue = new int[width];
    int[] pixels = new int[width * height];
    for (int y = 0; y < height; y++) {
      raster.getSamples(0, y, width, 1, 0, red);
      raster.getSamples(0, y, width, 1, colour ? 1 : 0, green);
      raster.getSamples(0, y, width, 1, colour ? 2 : 0, blue);
      for (int x = 0; x < width; x++) {
        pixels[y * width + x] = Picture.pixel(red[x] >> shift, green[x] >> shift, blue[x] >> shift);
      }
    }
    return new Picture(width, height, 1, pixels);
  }

  private static Picture fromCmyk(Raster raster, int adobe) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int[] samples = new int[4 * width];
    int[] pixels = new int[width * height];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, samples);
      for (int x = 0; x < width; x++) {
        int at = 4 * x;
        if (adobe == 2) {
          ycckToCmyk(samples, at);
        }
        // Adobe's programs store inks inverted: as the light that is left.
        int flip = adobe == Header.NO_ADOBE ? 255 : 0;
        int light = samples[at + 3] ^ flip;
        pixels[y * width + x] =
            Picture.pixel(
                times(samples[at] ^ flip, light),
                times(samples[at + 1] ^ flip, light),
                times(samples[at + 2] ^ flip, light));
      }
    }
    return new Picture(width, height, 1, pixels);
  }

  /** JFIF's conversion from YCbCr, complemented, as Adobe's technical note 5116 has it. */
  private static void ycckToCmyk(int[] samples, int at) {
    double y = samples[at];
    double cb = samples[at + 1] - 128;
    double cr = samples[at + 2] - 128;
    samples[at] = 255 - clamp(y + 1.402 * cr);
    samples[at + 1] = 255 - clamp(y - 0.344136 * cb - 0.714136 * cr);
    samples[at + 2] = 255 - clamp(y + 1.772 * cb);
  }

  private static int clamp(double value) {
    return Math.clamp(Math.round(value), 0, 255);
  }

  private static int times(int a, int b) {
    return (a * b + 127) / 255;
  }
}
