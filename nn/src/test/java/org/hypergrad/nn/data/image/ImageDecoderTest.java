package org.hypergrad.nn.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.hypergrad.nn.data.DataException;
import org.hypergrad.nn.data.RealData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Both decoders against Pillow, against each other, and on files that are not as they should be.
 */
class ImageDecoderTest {
  /**
   * Decoders' inverse cosine transforms and conversions of colour are each allowed to round by one;
   * libjpeg 6 and libjpeg-turbo differ by as much.
   */
  private static final int TOLERANCE = 2;

  static Stream<ImageDecoder> decoders() {
    return Stream.of(ImageDecoder.libjpegTurbo(), ImageDecoder.imageIo());
  }

  private static int[] rgb(Picture picture, int x, int y) {
    return new int[] {picture.red(x, y), picture.green(x, y), picture.blue(x, y)};
  }

  private static void assertNear(int[] expected, int[] actual, int tolerance, String what) {
    for (int c = 0; c < 3; c++) {
      if (Math.abs(expected[c] - actual[c]) > tolerance) {
        assertArrayEquals(expected, actual, what);
      }
    }
  }

  /** A JPEG of noise and a ramp, made by the JDK. */
  private static byte[] jpeg(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    var random = new SplittableRandom(1);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, x * 255 / width << 16 | y * 255 / height << 8 | random.nextInt(64));
      }
    }
    return encoded(image, "jpeg");
  }

  private static byte[] encoded(BufferedImage image, String format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      assertTrue(ImageIO.write(image, format, out));
    } catch (IOException impossible) {
      throw new AssertionError(impossible);
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void realFilesAreReadAsPillowReadsThem(ImageDecoder decoder) throws IOException {
    var root = RealData.folder("imagenet-odd").resolveSibling(".");
    for (var entry : Pillow.results("decoded").properties()) {
      String name = entry.getKey();
      byte[] file = Files.readAllBytes(root.resolve(name));
      JsonNode expected = entry.getValue();
      if (expected.isNull()) {
        var e = assertThrows(DataException.class, () -> decoder.decode(name, file), name);
        assertEquals(name, e.source());
        continue;
      }
      Picture picture = decoder.decode(name, file);
      assertEquals(expected.required("size").get(0).asInt(), picture.width(), name);
      assertEquals(expected.required("size").get(1).asInt(), picture.height(), name);
      for (JsonNode p : expected.required("pixels")) {
        int[] wanted = {p.get(2).asInt(), p.get(3).asInt(), p.get(4).asInt()};
        int[] got = rgb(picture, p.get(0).asInt(), p.get(1).asInt());
        assertNear(wanted, got, TOLERANCE, name + " at " + p);
      }
    }
  }

  @Test
  void bothDecodersAgree() throws IOException {
    ImageDecoder first = ImageDecoder.libjpegTurbo();
    ImageDecoder second = ImageDecoder.imageIo();
    int compared = 0;
    for (Path folder :
        List.of(RealData.folder("imagenet-odd"), RealData.folder("imagenet-fullsize"))) {
      for (Path file : files(folder)) {
        if (file.toString().matches(".*made-(truncated|garbage|empty).*")) {
          continue;
        }
        byte[] bytes = Files.readAllBytes(file);
        Picture a = first.decode("a", bytes);
        Picture b = second.decode("b", bytes);
        assertEquals(a.width(), b.width());
        for (int i = 0; i < a.pixels().length; i += 7) {
          int x = i % a.width();
          int y = i / a.width();
          assertNear(rgb(a, x, y), rgb(b, x, y), TOLERANCE, file + " at " + x + ", " + y);
        }
        compared++;
      }
    }
    assertEquals(41, compared);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  /** (255 - c) (255 - k) / 255, rounded. */
  @ParameterizedTest
  @MethodSource("decoders")
  void grayAndInksBecomeRgb(ImageDecoder decoder) throws IOException {
    int[][] expected = {
      {77, 77, 77}, {255, 255, 255}, {0, 255, 255}, {255, 127, 0}, {0, 0, 0}, {122, 117, 112}
    };
    JsonNode files = Pillow.results("files");
    for (int i = 0; i < expected.length; i++) {
      Picture picture = decoder.decode("a", files.get(i).required("file").binaryValue());
      assertEquals(16, picture.width());
      assertEquals(8, picture.height());
      // One for the coder's rounding of each of two factors.
      assertNear(expected[i], rgb(picture, 15, 7), TOLERANCE, files.get(i).required("mode") + "");
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void redIsRed(ImageDecoder decoder) {
    BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64; i++) {
      image.setRGB(i % 8, i / 8, 0xC81E3C);
    }
    int[] colour = {0xC8, 0x1E, 0x3C};
    assertNear(colour, rgb(decoder.decode("a", encoded(image, "jpeg")), 4, 4), TOLERANCE, "JPEG");
    assertArrayEquals(colour, rgb(decoder.decode("a", encoded(image, "png")), 4, 4));
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void alphaIsDroppedAndSixteenBitsAreCut(ImageDecoder decoder) {
    BufferedImage clear = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    clear.setRGB(0, 0, 0x000A141E);
    assertArrayEquals(
        new int[] {10, 20, 30}, rgb(decoder.decode("a", encoded(clear, "png")), 0, 0));
    BufferedImage deep = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    deep.getRaster().setSample(0, 0, 0, 0x4DFF);
    assertArrayEquals(new int[] {77, 77, 77}, rgb(decoder.decode("a", encoded(deep, "png")), 0, 0));
    BufferedImage bits = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
    bits.setRGB(1, 0, 0xFFFFFF);
    Picture two = decoder.decode("a", encoded(bits, "png"));
    assertArrayEquals(new int[3], rgb(two, 0, 0));
    assertArrayEquals(new int[] {255, 255, 255}, rgb(two, 1, 0));
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void aCutFileIsRefusedWhereverItIsCut(ImageDecoder decoder) {
    byte[] whole = jpeg(64, 48);
    decoder.decode("whole", whole);
    for (int length = 0; length < whole.length - 2; length += 97) {
      byte[] cut = Arrays.copyOf(whole, length);
      var e =
          assertThrows(DataException.class, () -> decoder.decode("cut", cut), length + " bytes");
      assertEquals("cut", e.source());
    }
    byte[] png = encoded(new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB), "png");
    byte[] half = Arrays.copyOf(png, png.length / 2);
    assertThrows(DataException.class, () -> decoder.decode("cut", half));
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void strayBytesBeforeAMarkerDoNoHarm(ImageDecoder decoder) {
    byte[] clean = jpeg(64, 48);
    byte[] stray = new byte[clean.length + 3];
    // Ahead of the last marker, which ends the image.
    System.arraycopy(clean, 0, stray, 0, clean.length - 2);
    System.arraycopy(clean, clean.length - 2, stray, stray.length - 2, 2);
    Picture expected = decoder.decode("clean", clean);
    Picture picture = decoder.decode("stray", stray);
    for (int i = 0; i < expected.pixels().length; i++) {
      int x = i % 64;
      int y = i / 64;
      assertNear(rgb(expected, x, y), rgb(picture, x, y), TOLERANCE, x + ", " + y);
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void anyDamageEndsInAPictureOrAnExceptionThatNamesTheFile(ImageDecoder decoder) {
    byte[] whole = jpeg(40, 30);
    var random = new SplittableRandom(9);
    int refused = 0;
    for (int i = 0; i < 400; i++) {
      byte[] damaged = whole.clone();
      for (int k = 0; k < 4; k++) {
        damaged[2 + random.nextInt(damaged.length - 2)] = (byte) random.nextInt(256);
      }
      try {
        decoder.read(
            "damaged",
            damaged,
            Framing.centreCrop(8),
            random,
            MemorySegment.ofArray(new byte[3 * 64]));
      } catch (DataException e) {
        assertEquals("damaged", e.source());
        refused++;
      }
    }
    assertTrue(refused > 50, "only " + refused + " of 400");
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void aReducedPictureShowsTheSame(ImageDecoder decoder) {
    byte[] file = jpeg(403, 301);
    byte[] shown = new byte[3 * 64];
    Framing framing = Framing.centreCrop(8);
    decoder.read("a", file, framing, null, MemorySegment.ofArray(shown));
    View view = framing.view(403, 301, null);
    assertEquals(8, view.reduction());
    byte[] expected = new byte[3 * 64];
    Resampling.write(decoder.decode("a", file), view, MemorySegment.ofArray(expected));
    for (int i = 0; i < shown.length; i++) {
      // Means over squares and over a triangle: their noise, of 64 values, differs by some units.
      assertEquals(Byte.toUnsignedInt(expected[i]), Byte.toUnsignedInt(shown[i]), 6);
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void anImpossibleSizeIsRefusedAheadOfTheMemory(ImageDecoder decoder) {
    byte[] file = jpeg(16, 16);
    int frame = 2;
    while ((file[frame + 1] & 0xFF) != 0xC0) {
      frame += 2 + ((file[frame + 2] & 0xFF) << 8 | file[frame + 3] & 0xFF);
    }
    Arrays.fill(file, frame + 5, frame + 9, (byte) 0xFF);
    var e = assertThrows(DataException.class, () -> decoder.decode("bomb", file));
    assertEquals("65535 x 65535 pixels", e.got());
  }
}
