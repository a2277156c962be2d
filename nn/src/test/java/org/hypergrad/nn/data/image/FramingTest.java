package org.hypergrad.nn.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Iterator;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.CRC32;
import org.hypergrad.engine.error.ArgumentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is shown, and its pixels: to the last bit Pillow's. */
class FramingTest {
  /** Uniform numbers that are known beforehand. */
  private record Draws(Iterator<Double> values) implements RandomGenerator {
    @Override
    public double nextDouble() {
      return values.next();
    }

    @Override
    public long nextLong() {
      throw new AssertionError("no bits are drawn");
    }
  }

  static Stream<JsonNode> resized() {
    return Pillow.cases("resized");
  }

  static Stream<JsonNode> centre() {
    return Pillow.cases("centre");
  }

  static Stream<JsonNode> crops() {
    return Pillow.cases("crops");
  }

  private static void assertPlanes(JsonNode expected, Picture picture, View view) {
    assertPlanes(expected, picture, view, new PlainRowSums());
    assertPlanes(expected, picture, view, new VectorRowSums());
  }

  private static void assertPlanes(JsonNode expected, Picture picture, View view, RowSums rowSums) {
    byte[] planes = new byte[3 * view.size() * view.size()];
    Resampling.write(picture, view, MemorySegment.ofArray(planes), rowSums);
    for (int c = 0; c < 3; c++) {
      int first = Byte.toUnsignedInt(planes[c * view.size() * view.size()]);
      assertEquals(expected.required("first").get(c).asInt(), first, "first pixel's " + c);
    }
    CRC32 crc = new CRC32();
    crc.update(planes);
    assertEquals(expected.required("crc").asLong(), crc.getValue());
  }

  @ParameterizedTest
  @MethodSource("resized")
  void aRegionIsResizedAsPillowDoes(JsonNode c) {
    JsonNode r = c.required("region");
    View view =
        View.square(
            r.get(0).asInt(),
            r.get(1).asInt(),
            r.get(2).asInt(),
            r.get(3).asInt(),
            c.required("size").asInt(),
            c.required("mirrored").asBoolean());
    assertPlanes(
        c, Pillow.picture(c.required("width").asInt(), c.required("height").asInt()), view);
  }

  @ParameterizedTest
  @MethodSource("centre")
  void theMiddleIsTakenAsTorchvisionDoes(JsonNode c) {
    int width = c.required("width").asInt();
    int height = c.required("height").asInt();
    Framing framing = Framing.centreCrop(c.required("size").asInt());
    assertPlanes(c, Pillow.picture(width, height), framing.view(width, height, null));
  }

  @ParameterizedTest
  @MethodSource("crops")
  void randomCropsAreTorchvisions(JsonNode c) {
    Stream<Double> draws =
        StreamSupport.stream(c.required("draws").spliterator(), false).map(JsonNode::asDouble);
    View view =
        Framing.randomResizedCrop(224)
            .view(
                c.required("width").asInt(),
                c.required("height").asInt(),
                new Draws(Stream.concat(draws, Stream.of(0.5)).iterator()));
    View expected =
        View.square(
            c.required("left").asInt(),
            c.required("top").asInt(),
            c.required("w").asInt(),
            c.required("h").asInt(),
            224,
            false);
    assertEquals(expected, view);
  }

  @Test
  void halfAreMirrored() {
    var random = new SplittableRandom(3);
    Framing framing = Framing.randomResizedCrop(8);
    int mirrored = 0;
    for (int i = 0; i < 4000; i++) {
      mirrored += framing.view(50, 40, random).mirrored() ? 1 : 0;
    }
    // Four standard deviations of a fair coin's.
    assertEquals(2000, mirrored, 4 * Math.sqrt(1000));
  }

  @ParameterizedTest
  @CsvSource({
    "500, 375, 1",
    "895, 4000, 1",
    "896, 896, 2",
    "1791, 1791, 2",
    "1792, 4000, 4",
    "3584, 3584, 8",
    "20000, 20000, 8"
  })
  void aPictureIsReducedToNoLessThanTwiceTheSize(int width, int height, int reduction) {
    assertEquals(reduction, View.square(0, 0, width, height, 224, false).reduction());
  }

  /**
   * A reduced picture is shown where the whole one would be: a ramp's colours are its places. Each
   * reduced pixel is the mean of its square, as a decoder makes it.
   */
  @ParameterizedTest
  @CsvSource({"2, 0, 0, 252, 200", "4, 3, 5, 201, 150", "8, 17, 33, 163, 120"})
  void aReducedPictureIsShownInPlace(int reduction, int left, int top, int width, int height) {
    View view = View.square(left, top, width, height, 10, true);
    byte[] whole = new byte[300];
    byte[] reduced = new byte[300];
    Resampling.write(ramp(1), view, MemorySegment.ofArray(whole));
    Resampling.write(ramp(reduction), view, MemorySegment.ofArray(reduced));
    for (int i = 0; i < whole.length; i++) {
      // Half a unit of rounding in the reduced picture and in either result, and at the region's
      // edge what a cut pixel's middle is off: less than half a reduced pixel's share of the
      // weight.
      assertEquals(
          Byte.toUnsignedInt(whole[i]), Byte.toUnsignedInt(reduced[i]), 1.5 + reduction / 2.0);
    }
  }

  private static Picture ramp(int reduction) {
    int width = Math.ceilDiv(255, reduction);
    int height = Math.ceilDiv(254, reduction);
    int[] pixels = new int[width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int column = Math.min(255, (int) (x * reduction + (reduction - 1) / 2.0 + 0.5));
        int row = Math.min(255, (int) (y * reduction + (reduction - 1) / 2.0 + 0.5));
        pixels[y * width + x] = Picture.pixel(column, row, 255 - column);
      }
    }
    return new Picture(width, height, reduction, pixels);
  }

  @Test
  void onlyTheTargetIsWritten() {
    MemorySegment memory = MemorySegment.ofArray(new byte[3 * 16 + 2]);
    MemorySegment target = memory.asSlice(1, 3 * 16);
    Resampling.write(Pillow.picture(9, 9), View.square(4, 4, 5, 5, 4, false), target);
    assertEquals(0, memory.get(ValueLayout.JAVA_BYTE, 0));
    assertEquals(0, memory.get(ValueLayout.JAVA_BYTE, memory.byteSize() - 1));
    assertTrue(target.asSlice(44).get(ValueLayout.JAVA_INT_UNALIGNED, 0) != 0);
  }

  @Test
  void aSizeIsPositive() {
    var random = assertThrows(ArgumentException.class, () -> Framing.randomResizedCrop(0));
    assertEquals("size >= 1", random.expected());
    assertThrows(ArgumentException.class, () -> Framing.centreCrop(-1));
  }
}
