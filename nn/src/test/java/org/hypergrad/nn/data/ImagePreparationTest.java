package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImagePreparationTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Pixels as they are. */
  private static final ImagePreparation PLAIN =
      ImagePreparation.normalise(List.of(0.0), List.of(1 / 255.0));

  /** Images of 1 x 5 x 7 pixels, which count up from 1, so that one shows how it was cut. */
  private record Counting(int size) implements Dataset {
    @Override
    public Spec input() {
      return Spec.of(DType.UINT8, 1, 5, 7);
    }

    @Override
    public Spec target() {
      return Spec.of(DType.INT32);
    }

    @Override
    public void read(int index, RandomGenerator random, MemorySegment input, MemorySegment target) {
      for (int i = 0; i < 35; i++) {
        input.set(ValueLayout.JAVA_BYTE, i, (byte) (i + 1));
      }
      target.set(ValueLayout.JAVA_INT, 0, index);
    }
  }

  /** How an image of a batch was cut. */
  private record Window(int top, int left, boolean mirrored) {
    /** Cuts and mirrors anew. */
    float[] pixels() {
      float[] pixels = new float[35];
      for (int i = 0; i < 35; i++) {
        int row = top + i / 7;
        int column = left + (mirrored ? 6 - i % 7 : i % 7);
        boolean inside = row >= 0 && row < 5 && column >= 0 && column < 7;
        pixels[i] = inside ? row * 7 + column + 1 : 0;
      }
      return pixels;
    }

    static List<Window> all(int padding) {
      List<Window> all = new ArrayList<>();
      for (int top = -padding; top <= padding; top++) {
        for (int left = -padding; left <= padding; left++) {
          all.add(new Window(top, left, false));
          all.add(new Window(top, left, true));
        }
      }
      return all;
    }

    /** The one that gives these pixels. */
    static Window of(float[] pixels, int padding) {
      int[] rounded = rounded(pixels);
      return all(padding).stream()
          .filter(w -> Arrays.equals(rounded, rounded(w.pixels())))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no window gives " + Arrays.toString(pixels)));
    }

    private static int[] rounded(float[] pixels) {
      int[] rounded = new int[pixels.length];
      Arrays.setAll(rounded, i -> Math.round(pixels[i]));
      return rounded;
    }
  }

  /** The windows of an epoch, by index of the example. */
  private static Map<Integer, Window> windows(Loader loader, long epoch, int first, int padding) {
    Map<Integer, Window> windows = new HashMap<>();
    try (Batches batches = loader.epoch(epoch, first)) {
      while (batches.hasNext()) {
        Scope.run(
            () -> {
              Batch batch = batches.next();
              assertEquals(Spec.of(DType.FLOAT32, batch.size(), 1, 5, 7), batch.input().spec());
              int[] labels = batch.target().toInts();
              float[] pixels = batch.input().toFloats();
              for (int i = 0; i < labels.length; i++) {
                float[] image = Arrays.copyOfRange(pixels, 35 * i, 35 * (i + 1));
                windows.put(labels[i], Window.of(image, padding));
              }
            });
      }
    }
    return windows;
  }

  /** Against images.py: torchvision's transforms with the same draws. */
  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void imagesAreThoseOfPyTorch(String device) throws IOException {
    JsonNode cases;
    try (InputStream in = ImagePreparationTest.class.getResourceAsStream("images.json")) {
      cases = JSON.readTree(in);
    }
    assertEquals(3, cases.size());
    for (JsonNode c : cases) {
      int[] images = JSON.convertValue(c.get("images"), int[].class);
      byte[] bytes = new byte[images.length];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) images[i];
      }
      long[] shape = JSON.convertValue(c.get("shape"), long[].class);
      ImagePreparation preparation =
          ImagePreparation.normalise(numbers(c.get("mean")), numbers(c.get("std")));
      int[] windows = JSON.convertValue(c.get("windows"), int[].class);
      float[] actual =
          (device.equals("cpu") ? Device.cpu() : Device.reference())
              .call(
                  () ->
                      Scope.call(
                          () -> preparation.apply(Tensor.of(bytes, shape), windows).toFloats()));
      // Values up to 3, from two roundings of float32 here and three there.
      assertArrayEquals(JSON.convertValue(c.get("prepared"), float[].class), actual, 2e-6f);
    }
  }

  private static List<Double> numbers(JsonNode array) {
    return Arrays.stream(JSON.convertValue(array, double[].class)).boxed().toList();
  }

  @Test
  void forEvaluationImagesAreLeftWhole() {
    Scope.run(
        () -> {
          byte[] pixels = new byte[70];
          Arrays.setAll(new int[70], i -> pixels[i] = (byte) (i * 3));
          Tensor prepared = PLAIN.crop(2).flip().apply(Tensor.of(pixels, 2, 1, 5, 7));
          float[] values = prepared.toFloats();
          for (int i = 0; i < 70; i++) {
            assertEquals(i * 3, values[i], 1e-3f);
          }
        });
    Loader loader = Loader.of(new Counting(6), 4).prepare(PLAIN);
    assertEquals(Set.of(new Window(0, 0, false)), new HashSet<>(windows(loader, 3, 0, 0).values()));
  }

  @Test
  void drawsDependOnSeedEpochAndIndexAlone() {
    int size = 60;
    ImagePreparation random = PLAIN.crop(2).flip();
    Loader loader = Loader.of(new Counting(size), 7).shuffle(42).prepare(random);
    Map<Integer, Window> expected = windows(loader, 5, 0, 2);
    assertEquals(size, expected.size());
    for (int threads : new int[] {1, 2, 5}) {
      assertEquals(expected, windows(loader.threads(threads), 5, 0, 2));
    }
    for (int batchSize : new int[] {1, 13, size}) {
      Loader other = Loader.of(new Counting(size), batchSize).prepare(random).shuffle(42);
      assertEquals(expected, windows(other, 5, 0, 2));
    }
    for (int first : new int[] {1, 4, 8}) {
      Map<Integer, Window> rest = windows(loader.threads(2), 5, first, 2);
      assertEquals(size - 7 * first, rest.size());
      rest.forEach((index, window) -> assertEquals(expected.get(index), window));
    }
    assertNotEquals(expected, windows(loader, 6, 0, 2));
    assertNotEquals(expected, windows(loader.shuffle(43), 5, 0, 2));
    // An image is mirrored or not whether or not it is cropped too.
    Map<Integer, Window> mirrored = windows(loader.prepare(PLAIN.flip()), 5, 0, 2);
    expected.forEach(
        (index, window) -> assertEquals(window.mirrored(), mirrored.get(index).mirrored()));
  }

  @Test
  void everyWindowIsAsLikely() {
    int each = 400;
    List<Window> all = Window.all(1);
    Loader loader = Loader.of(new Counting(all.size() * each), 1000).prepare(PLAIN.crop(1).flip());
    Map<Window, Integer> counts = new HashMap<>();
    windows(loader, 0, 0, 1).values().forEach(w -> counts.merge(w, 1, Integer::sum));
    assertEquals(new HashSet<>(all), counts.keySet());
    double chiSquare =
        counts.values().stream().mapToDouble(n -> (n - each) * (double) (n - each) / each).sum();
    // The 99.9 % point of chi square with 17 degrees of freedom.
    assertTrue(chiSquare < 40.79, "chi square " + chiSquare);
  }

  @Test
  void whatIsReadAndWhatIsPreparedShareNoNumbers() {
    Set<Long> seen = new HashSet<>();
    for (int index : new int[] {0, 1, 77, Integer.MAX_VALUE - 8}) {
      ExampleRandom reading = ExampleRandom.ofExample(3, 4, index);
      ExampleRandom preparing = ExampleRandom.ofPreparation(3, 4, index);
      for (int i = 0; i < 50; i++) {
        seen.add(reading.nextLong());
        seen.add(preparing.nextLong());
      }
    }
    assertEquals(400, seen.size());
  }

  @Test
  void imagesThatDoNotFitAreRefused() {
    Loader counting = Loader.of(new Counting(3), 2);
    var channels =
        assertThrows(ArgumentException.class, () -> counting.prepare(Cifar10.normalise()));
    assertEquals("uint8[1, 5, 7]", channels.got());
    assertEquals("uint8 [3, H, W]", channels.expected());
    assertThrows(ArgumentException.class, () -> Loader.of(new Numbers(3), 2).prepare(PLAIN));
    assertThrows(ArgumentException.class, () -> counting.prepare(PLAIN.crop(5)));
    assertEquals(3, windows(counting.prepare(PLAIN.crop(4)), 0, 0, 4).size());
  }

  @Test
  void numbersThatDoNotFitAreRefused() {
    List<Double> one = List.of(0.5);
    for (List<Double> std :
        List.of(List.of(0.0), List.of(-1.0), List.of(Double.NaN), List.<Double>of())) {
      assertThrows(ArgumentException.class, () -> ImagePreparation.normalise(one, std));
    }
    assertThrows(
        ArgumentException.class,
        () -> ImagePreparation.normalise(List.of(Double.POSITIVE_INFINITY), one));
    var e = assertThrows(ArgumentException.class, () -> PLAIN.crop(-1));
    assertEquals("-1 pixels", e.got());
  }
}
