package org.hypergrad.examples.experiment;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Rows of numbers as text, so that a run that goes on has its past; exact. */
final class Rows {
  private Rows() {}

  static String format(List<double[]> rows) {
    return rows.stream()
        .map(row -> Arrays.stream(row).mapToObj(Double::toString).collect(Collectors.joining(",")))
        .collect(Collectors.joining("\n"));
  }

  static List<double[]> parse(String text) {
    return text.lines()
        .map(line -> Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray())
        .toList();
  }
}
