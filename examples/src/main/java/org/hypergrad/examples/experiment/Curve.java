package org.hypergrad.examples.experiment;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.hypergrad.nn.train.EpochResult;
import org.hypergrad.nn.train.Evaluation;

/** Results of epochs as CSV, so that a run that goes on has its past. */
public final class Curve {
  private static final String ACCURACY = "accuracy";

  /** The metric that not all epochs have. */
  private static final String TOP = "top5";

  /** The columns of every epoch. */
  private static final List<String> COLUMNS =
      List.of(
          "epoch", "step", "train_loss", "test_images", "test_loss", "test_accuracy", "seconds");

  private Curve() {}

  /** The values of an epoch, in the order of the columns. */
  public static List<Object> row(EpochResult e) {
    Evaluation seen = e.validation();
    List<Object> row = new ArrayList<>();
    Collections.addAll(
        row,
        e.epoch(),
        e.step(),
        e.trainLoss(),
        seen.examples(),
        seen.loss(),
        seen.get(ACCURACY),
        e.seconds());
    if (seen.metrics().containsKey(TOP)) {
      row.add(seen.get(TOP));
    }
    return row;
  }

  /** The columns of these epochs. */
  public static List<String> columns(Stream<EpochResult> epochs) {
    boolean top = epochs.anyMatch(e -> e.validation().metrics().containsKey(TOP));
    return top ? Stream.concat(COLUMNS.stream(), Stream.of("test_" + TOP)).toList() : COLUMNS;
  }

  static String format(List<EpochResult> curve) {
    StringBuilder text = new StringBuilder();
    try (CSVPrinter csv = new CSVPrinter(text, CSVFormat.DEFAULT)) {
      for (EpochResult epoch : curve) {
        csv.printRecord(row(epoch));
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return text.toString();
  }

  static List<EpochResult> parse(String text) {
    List<EpochResult> curve = new ArrayList<>();
    try {
      for (CSVRecord row : CSVFormat.DEFAULT.parse(new StringReader(text))) {
        double accuracy = Double.parseDouble(row.get(5));
        Evaluation seen =
            new Evaluation(
                Long.parseLong(row.get(3)),
                Double.parseDouble(row.get(4)),
                row.size() > COLUMNS.size()
                    ? Map.of(ACCURACY, accuracy, TOP, Double.parseDouble(row.get(7)))
                    : Map.of(ACCURACY, accuracy));
        curve.add(
            new EpochResult(
                Long.parseLong(row.get(0)),
                true,
                Long.parseLong(row.get(1)),
                Double.parseDouble(row.get(2)),
                seen,
                Double.parseDouble(row.get(6))));
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return curve;
  }
}
