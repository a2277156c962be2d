package org.hypergrad.examples.sweep;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.examples.Results;

/**
 * The scores of a sweep: a CSV file with a row for each run that has ended, which several processes
 * add to. It is replaced as a whole, so that whoever reads it finds whole rows.
 */
final class ScoreTable {
  static final String FILE = "scores.csv";
  private static final String SETTINGS = "sweep.txt";
  private static final List<String> RESULTS =
      List.of("test_accuracy", "test_loss", "train_loss", "seconds_per_epoch", "stopped");

  private final Path folder;
  private final List<String> axes;
  private final List<String> header;

  /**
   * In a folder, which is made if there is none.
   *
   * @param axes names of the settings of the grid
   * @param settings what all runs have, by name; it must be as it was for the runs that are there
   * @throws ArgumentException if the folder has a sweep with other settings
   */
  ScoreTable(Path folder, List<String> axes, Map<String, String> settings) throws IOException {
    this.folder = folder;
    this.axes = axes;
    header =
        Stream.of(Stream.of("method"), axes.stream(), Stream.of("seed"), RESULTS.stream())
            .flatMap(s -> s)
            .toList();
    Map<String, String> own = new TreeMap<>(settings);
    own.put("settings of the grid", String.join(",", axes));
    try (Results results = Results.await(folder)) {
      Path file = results.file(SETTINGS);
      if (Files.exists(file)) {
        checkSame(own, Files.readString(file));
      } else {
        results.text(
            SETTINGS,
            own.entrySet().stream()
                .map(e -> e.getKey() + ": " + e.getValue() + "\n")
                .collect(Collectors.joining()));
      }
    }
  }

  private void checkSame(Map<String, String> own, String text) {
    Map<String, String> saved =
        text.lines()
            .map(line -> line.split(": ", 2))
            .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
    own.forEach(
        (name, value) -> {
          if (!value.equals(saved.get(name))) {
            throw new ArgumentException(
                "sweep",
                folder + " has a sweep with other " + name,
                saved.get(name),
                value,
                "give the same options, or another --out");
          }
        });
  }

  /** The scores so far. */
  Map<Cell, Score> read() throws IOException {
    Path file = folder.resolve(FILE);
    Map<Cell, Score> scores = new LinkedHashMap<>();
    if (Files.exists(file)) {
      CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
      try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8);
          CSVParser rows = format.parse(reader)) {
        rows.forEach(row -> scores.put(cell(row), score(row)));
      }
    }
    return scores;
  }

  private Cell cell(CSVRecord row) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (String axis : axes) {
      if (!row.get(axis).isEmpty()) {
        values.put(axis, Double.parseDouble(row.get(axis)));
      }
    }
    return new Cell(row.get("method"), values, Long.parseLong(row.get("seed")));
  }

  private static Score score(CSVRecord row) {
    double[] numbers =
        RESULTS.subList(0, 4).stream()
            .mapToDouble(name -> row.get(name).isEmpty() ? Double.NaN : number(row.get(name)))
            .toArray();
    return new Score(
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        Optional.of(row.get("stopped")).filter(text -> !text.isEmpty()));
  }

  private static double number(String text) {
    return Double.parseDouble(text);
  }

  /** Adds the score of a run, which has none yet. */
  void add(Cell cell, Score score) throws IOException {
    try (Results results = Results.await(folder)) {
      Map<Cell, Score> scores = read();
      scores.put(cell, score);
      List<List<Object>> rows = new ArrayList<>();
      scores.forEach((c, s) -> rows.add(row(c, s)));
      results.csv(FILE, header, rows);
    }
  }

  private List<Object> row(Cell cell, Score score) {
    List<Object> row = new ArrayList<>();
    row.add(cell.method());
    for (String axis : axes) {
      Double value = cell.values().get(axis);
      row.add(value == null ? "" : Grid.text(value));
    }
    row.add(cell.seed());
    for (double number :
        new double[] {score.accuracy(), score.testLoss(), score.trainLoss(), score.seconds()}) {
      row.add(Double.isNaN(number) ? "" : number);
    }
    row.add(score.stopped().orElse(""));
    return row;
  }
}
