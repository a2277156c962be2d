package org.hypergrad.examples.experiment;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.hypergrad.nn.train.EpochResult;
import org.hypergrad.nn.train.Evaluation;

/** Results of epochs as CSV, so that a run that goes on has its past. */
public final class Curve {
  /** The columns of an epoch. */
  public static final List<String> COLUMNS =
      List.of(
          "epoch", "step", "train_loss", "test_images", "test_loss", "test_accuracy", "seconds");

  private Curve() {}

  /** The values of an epoch, in the order of the columns. */
  public static List<Object> row(EpochResult e) {
    Evaluation seen = e.validation();
    return List.of(
        e.epoch(),
        e.step(),
        e.trainLoss(),
        seen.examples(),
        seen.loss(),
        seen.get("accuracy"),
        e.seconds());
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
        Evaluation seen =
            new Evaluation(
                Long.parseLong(row.get(3)),
                Double.parseDouble(row.get(4)),
                Map.of("accuracy", Double.parseDouble(row.get(5))));
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
