package org.hypergrad.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hypergrad.kernels.SimulatedDriver;

/** What the simulated device counted of each launch, library call, copy and fill. */
final class LaunchLog {
  /** Bytes that memory moves at a time. */
  private static final int SECTOR_BYTES = 32;

  private LaunchLog() {}

  /**
   * One launch or call.
   *
   * @param name of the kernel or the call
   * @param counts by the names of the log's columns
   */
  record Line(String name, Map<String, Long> counts) {
    long count(String column) {
      return counts.get(column);
    }

    /** Bytes in the sectors that its warps asked for; what several asked for counts for each. */
    long moved() {
      return SECTOR_BYTES * (count("sectors_loaded") + count("sectors_stored"));
    }

    /** Bytes that it read, each once, and that it wrote, each once. */
    long floor() {
      return count("distinct_loaded") + count("distinct_stored");
    }
  }

  /** Forgets what was counted. */
  static void clear() {
    SimulatedDriver.clearLog();
  }

  /** What ran since then, in order; what is queued has not run. */
  static List<Line> lines() {
    List<String[]> rows = SimulatedDriver.log().lines().map(row -> row.split(",")).toList();
    String[] columns = rows.getFirst();
    List<Line> lines = new ArrayList<>();
    for (String[] row : rows.subList(1, rows.size())) {
      Map<String, Long> counts = new HashMap<>();
      for (int i = 2; i < columns.length - 1; i++) {
        counts.put(columns[i], Long.parseLong(row[i]));
      }
      lines.add(new Line(row[1], counts));
    }
    return lines;
  }
}
