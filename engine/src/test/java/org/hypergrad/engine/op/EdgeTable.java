package org.hypergrad.engine.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A table of edge values beside the tests: comma separated, {@code #} starts a comment line. */
final class EdgeTable {
  private EdgeTable() {}

  /** The rows of the table of this file name. */
  static List<String[]> rows(String file) {
    try (InputStream stream = EdgeTable.class.getResourceAsStream(file)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(","))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The cell as a number; Java's words for NaN and the infinities. */
  static double number(String[] row, int column) {
    return Double.parseDouble(row[column]);
  }

  /** Asserts equality but for rounding; a zero matches a zero of either sign. */
  static void assertClose(double expected, double actual, String what) {
    double tolerance = Double.isFinite(expected) ? 4e-15 * Math.abs(expected) : 0;
    assertEquals(expected, actual, Math.max(tolerance, Double.MIN_VALUE), what);
  }
}
