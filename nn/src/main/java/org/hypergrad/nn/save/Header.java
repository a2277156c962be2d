package org.hypergrad.nn.save;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hypergrad.nn.save.SafeTensors.Entry;

/**
 * The JSON header of a file: what lies where.
 *
 * @param metadata all of it
 * @param entries by name, in the order of their data
 */
record Header(Map<String, String> metadata, Map<String, Entry> entries) {
  /** The longest header that is read, as in the format's own implementation. */
  static final long MAX_BYTES = 100_000_000;

  /** Data start at a multiple of this many bytes. */
  static final int ALIGNMENT = 8;

  private static final String METADATA = "__metadata__";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** What is wrong with a header. */
  static final class BadHeader extends Exception {
    private static final long serialVersionUID = 1L;

    BadHeader(String problem, Throwable cause) {
      super(problem, cause);
    }
  }

  /** Whether a tensor may have this name. */
  static boolean isReserved(String name) {
    return name.equals(METADATA);
  }

  /** As bytes, padded so that what follows it and its length is aligned. */
  byte[] toBytes() {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode texts = root.putObject(METADATA);
    metadata.forEach(texts::put);
    entries.forEach(
        (name, entry) -> {
          ObjectNode node = root.putObject(name).put("dtype", entry.dtype());
          entry.shape().forEach(node.putArray("shape")::add);
          node.putArray("data_offsets").add(entry.begin()).add(entry.end());
        });
    byte[] text;
    try {
      text = JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException impossible) {
      throw new AssertionError("a tree of texts and numbers can be written", impossible);
    }
    byte[] padded = Arrays.copyOf(text, -Math.floorDiv(-text.length, ALIGNMENT) * ALIGNMENT);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    return padded;
  }

  /**
   * Reads and checks a header.
   *
   * @param dataBytes how many bytes follow it; the tensors must fill them without hole or overlap
   */
  static Header parse(byte[] bytes, long dataBytes) throws BadHeader {
    JsonNode root = tree(bytes);
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : root.properties()) {
      if (isReserved(property.getKey())) {
        readMetadata(property.getValue(), metadata);
      } else {
        entries.put(property.getKey(), entry(property.getKey(), property.getValue()));
      }
    }
    return new Header(metadata, inOrder(entries, dataBytes));
  }

  private static JsonNode tree(byte[] bytes) throws BadHeader {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      require(text.startsWith("{"), "header does not begin with {");
      return JSON.readTree(text);
    } catch (CharacterCodingException cause) {
      throw new BadHeader("header is not UTF-8", cause);
    } catch (JsonProcessingException cause) {
      throw new BadHeader("header is not JSON: " + cause.getOriginalMessage(), cause);
    }
  }

  private static void readMetadata(JsonNode node, Map<String, String> metadata) throws BadHeader {
    require(node.isObject(), METADATA + " is not an object");
    for (Map.Entry<String, JsonNode> property : node.properties()) {
      require(property.getValue().isTextual(), METADATA + " holds other than texts");
      metadata.put(property.getKey(), property.getValue().textValue());
    }
  }

  private static Entry entry(String name, JsonNode node) throws BadHeader {
    JsonNode dtype = node.path("dtype");
    require(
        node.size() == 3 && dtype.isTextual(), name + ": not dtype, shape and data_offsets alone");
    List<Long> shape = numbers(name + ": shape", node.path("shape"));
    List<Long> offsets = numbers(name + ": data_offsets", node.path("data_offsets"));
    require(
        offsets.size() == 2 && offsets.get(0) <= offsets.get(1),
        name + ": data_offsets are no begin and end");
    Entry entry = new Entry(dtype.textValue(), shape, offsets.get(0), offsets.get(1));
    Optional<ElementType> type = ElementType.named(entry.dtype());
    if (type.isPresent()) {
      require(
          bytes(name, type.get(), shape) == entry.bytes(),
          name + ": " + entry.dtype() + shape + " does not take " + entry.bytes() + " bytes");
    }
    return entry;
  }

  private static List<Long> numbers(String what, JsonNode node) throws BadHeader {
    require(node.isArray(), what + " is no array");
    List<Long> numbers = new ArrayList<>();
    for (JsonNode number : node) {
      require(
          number.isIntegralNumber() && number.canConvertToLong() && number.longValue() >= 0,
          what + " holds other than sizes");
      numbers.add(number.longValue());
    }
    return numbers;
  }

  /** Bytes of a tensor; -1 if its bits are no whole number of them. */
  private static long bytes(String name, ElementType type, List<Long> shape) throws BadHeader {
    if (shape.contains(0L)) {
      return 0;
    }
    try {
      long bits = type.bits();
      for (long extent : shape) {
        bits = Math.multiplyExact(bits, extent);
      }
      return bits % Byte.SIZE == 0 ? bits / Byte.SIZE : -1;
    } catch (ArithmeticException overflow) {
      throw new BadHeader(name + ": size overflows, " + shape, overflow);
    }
  }

  private static Map<String, Entry> inOrder(Map<String, Entry> entries, long dataBytes)
      throws BadHeader {
    List<Map.Entry<String, Entry>> sorted = new ArrayList<>(entries.entrySet());
    sorted.sort(
        Map.Entry.comparingByValue(
            Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end)));
    Map<String, Entry> ordered = new LinkedHashMap<>();
    long end = 0;
    for (Map.Entry<String, Entry> next : sorted) {
      Entry entry = next.getValue();
      require(
          entry.begin() == end,
          next.getKey() + ": begins at " + entry.begin() + " where the data before end at " + end);
      ordered.put(next.getKey(), entry);
      end = entry.end();
    }
    require(end == dataBytes, "tensors take " + end + " bytes, but " + dataBytes + " are there");
    return ordered;
  }

  private static void require(boolean holds, String problem) throws BadHeader {
    if (!holds) {
      throw new BadHeader(problem, null);
    }
  }
}
