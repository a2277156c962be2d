package org.hypergrad.nn.data.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What Pillow and torchvision make of pictures: written by {@code pillow.py}. */
final class Pillow {
  private Pillow() {}

  static JsonNode results(String key) {
    try (InputStream in = Pillow.class.getResourceAsStream("pillow.json")) {
      return new ObjectMapper().readTree(in).required(key);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  static Stream<JsonNode> cases(String key) {
    return StreamSupport.stream(results(key).spliterator(), false);
  }

  /** The picture by the script's formula. */
  static Picture picture(int width, int height) {
    int[] pixels = new int[width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int red = (x * 7 + y * 13 + x * y % 17 * 5) % 256;
        int green = (x * x + 3 * y) % 256;
        int blue = (y * 31 ^ x * 5) % 256;
        pixels[y * width + x] = Picture.pixel(red, green, blue);
      }
    }
    return new Picture(width, height, 1, pixels);
  }
}
