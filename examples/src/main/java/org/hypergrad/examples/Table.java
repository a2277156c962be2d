package org.hypergrad.examples;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A table in Markdown, its columns aligned so that it reads as plain text too. */
public final class Table {
  private final List<List<String>> rows = new ArrayList<>();
  private final int columns;

  /** With the names of the columns. */
  public Table(String... head) {
    columns = head.length;
    rows.add(List.of(head));
  }

  /**
   * Appends a row.
   *
   * @throws IllegalArgumentException if it has not a value for each column
   */
  public Table row(Object... values) {
    if (values.length != columns) {
      throw new IllegalArgumentException(
          "table: %d values for %d columns".formatted(values.length, columns));
    }
    rows.add(Arrays.stream(values).map(String::valueOf).toList());
    return this;
  }

  /** A number with so many digits behind the point; empty for NaN, which stands for none. */
  public static String number(double value, int digits) {
    if (Double.isNaN(value)) {
      return "";
    }
    String text = String.format(Locale.ROOT, "%." + digits + "f", value);
    // What is rounded to 0 has no sign.
    return text.matches("-0[.]?0*") ? text.substring(1) : text;
  }

  /** A number as people write it, with all its digits: .05 as 0.05, a tiny one with an exponent. */
  public static String plain(double value) {
    boolean common = value >= 1e-5 && value < 1e6;
    return common
        ? new BigDecimal(String.valueOf(value)).stripTrailingZeros().toPlainString()
        : String.valueOf(value);
  }

  /** The lines, each with its end. */
  @Override
  public String toString() {
    int[] widths = new int[columns];
    rows.forEach(row -> Arrays.setAll(widths, i -> Math.max(widths[i], row.get(i).length())));
    StringBuilder text = new StringBuilder(line(rows.getFirst(), widths));
    text.append(
        Arrays.stream(widths)
            .mapToObj(w -> "-".repeat(w + 2))
            .collect(Collectors.joining("|", "|", "|\n")));
    rows.subList(1, rows.size()).forEach(row -> text.append(line(row, widths)));
    return text.toString();
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      line.append("| ").append(row.get(i)).repeat(' ', widths[i] - row.get(i).length() + 1);
    }
    return line.append("|\n").toString();
  }
}
