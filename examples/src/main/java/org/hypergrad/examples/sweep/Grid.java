package org.hypergrad.examples.sweep;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.error.ArgumentException;

/**
 * Settings with the values that each takes. As text: {@code lr=0.01,0.02,0.05,momentum=0,0.9},
 * where a name begins the values of the next setting.
 *
 * @param axes values by name, in the order in which they were given
 */
public record Grid(Map<String, List<Double>> axes) {
  /** Settings with several values that a picture has place for. */
  private static final int MOST_VARIED = 2;

  /**
   * Reads a grid.
   *
   * @throws ArgumentException if the text is none
   */
  public static Grid parse(String text) {
    Map<String, List<Double>> axes = new LinkedHashMap<>();
    List<Double> values = null;
    for (String part : text.split(",", -1)) {
      int sign = part.indexOf('=');
      if (sign >= 0) {
        values = new ArrayList<>();
        String name = part.substring(0, sign).strip();
        if (name.isEmpty() || axes.putIfAbsent(name, values) != null) {
          throw wrong("\"" + part + "\" names no setting, or one that is there already", text);
        }
      }
      if (values == null) {
        throw wrong("\"" + part + "\" comes before any name", text);
      }
      double value = number(part.substring(sign + 1).strip(), text);
      if (values.contains(value)) {
        throw wrong(text(value) + " is there twice", text);
      }
      values.add(value);
    }
    Grid grid = new Grid(axes);
    if (grid.varied().size() > MOST_VARIED) {
      throw wrong(grid.varied() + " have several values each, too many for a picture", text);
    }
    return grid;
  }

  private static double number(String part, String text) {
    try {
      double value = Double.parseDouble(part);
      if (Double.isFinite(value)) {
        // Of the two zeros one.
        return value + 0.0;
      }
    } catch (NumberFormatException _) {
      // The same mistake as a number that is not finite.
    }
    throw wrong("\"" + part + "\" is no finite number", text);
  }

  private static ArgumentException wrong(String problem, String text) {
    return new ArgumentException(
        "grid",
        problem,
        "\"" + text + "\"",
        "name=value,value,... for each setting, at most " + MOST_VARIED + " with several values",
        "such as lr=0.01,0.05,momentum=0,0.9");
  }

  /** A value as it is written in names and tables: exact, without an exponent. */
  static String text(double value) {
    return value == 0 ? "0" : BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }

  /** The settings with several values. */
  List<String> varied() {
    return axes.entrySet().stream()
        .filter(a -> a.getValue().size() > 1)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Every combination of values, the last setting's varying fastest. */
  List<Map<String, Double>> points() {
    List<Map<String, Double>> points = List.of(Map.of());
    for (Map.Entry<String, List<Double>> axis : axes.entrySet()) {
      List<Map<String, Double>> longer = new ArrayList<>();
      for (Map<String, Double> point : points) {
        for (double value : axis.getValue()) {
          Map<String, Double> next = new LinkedHashMap<>(point);
          next.put(axis.getKey(), value);
          longer.add(next);
        }
      }
      points = longer;
    }
    return points;
  }

  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    axes.forEach(
        (name, values) ->
            parts.add(name + "=" + String.join(",", values.stream().map(Grid::text).toList())));
    return String.join(",", parts);
  }
}
