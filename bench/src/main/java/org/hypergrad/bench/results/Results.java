package org.hypergrad.bench.results;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/**
 * A table that a benchmark made.
 *
 * @param facts where, when and how
 * @param rows records whose components are the columns
 */
public record Results<T extends Record>(Facts facts, List<T> rows) {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(
              DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
              DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
              DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private static final CSVFormat CSV = CSVFormat.DEFAULT.builder().setCommentMarker('#').get();

  public Results {
    rows = List.copyOf(rows);
  }

  /**
   * Writes {@code name.json}, and the same as {@code name.csv} with the facts as comments. There
   * must be a row.
   */
  public void write(Path folder, String name) throws IOException {
    Files.createDirectories(folder);
    JSON.writeValue(folder.resolve(name + ".json").toFile(), this);
    List<ObjectNode> lines = rows.stream().<ObjectNode>map(JSON::valueToTree).toList();
    try (CSVPrinter csv =
        new CSVPrinter(Files.newBufferedWriter(folder.resolve(name + ".csv")), CSV)) {
      for (Map.Entry<String, JsonNode> fact : JSON.<ObjectNode>valueToTree(facts).properties()) {
        csv.printComment(fact.getKey() + ": " + fact.getValue().asText());
      }
      csv.printRecord(lines.getFirst().propertyStream().map(Map.Entry::getKey));
      for (ObjectNode line : lines) {
        csv.printRecord(line.valueStream().map(JsonNode::asText));
      }
    }
  }

  /**
   * Reads a {@code .json} file.
   *
   * @throws IOException that names it, and says what is wrong with it
   */
  public static <T extends Record> Results<T> read(Path file, Class<T> rows) throws IOException {
    JavaType type = JSON.getTypeFactory().constructParametricType(Results.class, rows);
    String text = text(file);
    try {
      Results<T> results = JSON.readValue(text, type);
      if (results == null) {
        throw new IOException(file + " has no results");
      }
      return results;
    } catch (JsonProcessingException bad) {
      throw new IOException(file + " is no such file of results: " + bad.getOriginalMessage(), bad);
    }
  }

  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException missing) {
      throw new IOException(file + " does not exist", missing);
    } catch (IOException unreadable) {
      throw new IOException(file + " cannot be read: " + unreadable.getMessage(), unreadable);
    }
  }
}
