package org.hypergrad.bench.peers;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** What was measured, as {@code peers.json} and {@code peers.csv}. */
final class PeerResults {
  private static final String[] HEADER = {
    "row", "engine", "ms", "ms_lower", "ms_upper", "ratio", "ratio_lower", "ratio_upper"
  };

  private final List<Object[]> rows = new ArrayList<>();
  private String date;
  private int cores;
  private String processor;

  void machine(LocalDate day, int cores, String processor) {
    this.date = day.toString();
    this.cores = cores;
    this.processor = processor;
    System.out.printf("%s, %d cores of %s%n", date, cores, processor);
  }

  /** An engine's milliseconds of a step, and the ratio to ours with momentum. */
  void add(String row, String engine, Quartiles ms, Quartiles ratio) {
    rows.add(
        new Object[] {
          row,
          engine,
          ms.median(),
          ms.lower(),
          ms.upper(),
          ratio.median(),
          ratio.lower(),
          ratio.upper()
        });
  }

  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader(HEADER).get();
    try (CSVPrinter csv =
        new CSVPrinter(Files.newBufferedWriter(folder.resolve("peers.csv")), format)) {
      for (Object[] row : rows) {
        csv.printRecord(row);
      }
    }
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(
            folder.resolve("peers.json").toFile(),
            Map.of(
                "date",
                date,
                "cores",
                cores,
                "processor",
                processor,
                "columns",
                HEADER,
                "rows",
                rows));
  }
}
