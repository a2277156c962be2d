package org.hypergrad.nn.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The format once more, by its description alone, for files that are right. */
final class PlainReader {
  private static final Map<String, Integer> BYTES =
      Map.of("F32", 4, "F64", 8, "I32", 4, "U8", 1, "I64", 8);

  final JsonNode header;
  final List<String> names = new ArrayList<>();
  private final ByteBuffer data;

  PlainReader(Path file) throws IOException {
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] text = new byte[Math.toIntExact(all.getLong())];
    all.get(text);
    assertEquals(0, all.position() % 8, "data begin aligned");
    header = new ObjectMapper().readTree(new String(text, StandardCharsets.UTF_8));
    data = all.slice().order(ByteOrder.LITTLE_ENDIAN);
    checkPlaces();
  }

  private void checkPlaces() {
    Map<Integer, Integer> places = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : header.properties()) {
      if (e.getKey().equals("__metadata__")) {
        continue;
      }
      names.add(e.getKey());
      int size = BYTES.get(e.getValue().get("dtype").textValue());
      int count = size;
      for (JsonNode extent : e.getValue().get("shape")) {
        count *= extent.intValue();
      }
      JsonNode offsets = e.getValue().get("data_offsets");
      assertEquals(count, offsets.get(1).intValue() - offsets.get(0).intValue(), e.getKey());
      assertEquals(0, offsets.get(0).intValue() % size, e.getKey() + " is aligned");
      if (count > 0) {
        assertTrue(places.put(offsets.get(0).intValue(), offsets.get(1).intValue()) == null);
      }
    }
    int end = 0;
    for (Map.Entry<Integer, Integer> place : places.entrySet()) {
      assertEquals(end, place.getKey(), "no hole, no overlap");
      end = place.getValue();
    }
    assertEquals(data.capacity(), end, "no bytes more or fewer");
  }

  String text(String key) {
    return header.get("__metadata__").get(key).textValue();
  }

  String spec(String name) {
    return header.get(name).get("dtype").textValue() + header.get(name).get("shape");
  }

  int[] ints(String name) {
    JsonNode offsets = header.get(name).get("data_offsets");
    int[] values = new int[(offsets.get(1).intValue() - offsets.get(0).intValue()) / 4];
    for (int i = 0; i < values.length; i++) {
      values[i] = data.getInt(offsets.get(0).intValue() + 4 * i);
    }
    return values;
  }

  long firstLong(String name) {
    return data.getLong(header.get(name).get("data_offsets").get(0).intValue());
  }
}
