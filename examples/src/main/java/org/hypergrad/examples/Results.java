package org.hypergrad.examples;

import java.io.IOException;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.examples.chart.Charts;
import org.hypergrad.examples.chart.Plot;

/** A folder of results, which one program at a time writes to. */
public final class Results implements AutoCloseable {
  private final Path folder;
  private final FileChannel lock;
  private final List<String> written = new ArrayList<>();

  /** What makes the content of a file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(Path file) throws IOException;
  }

  private Results(Path folder, FileChannel lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * Takes a folder, which is made if there is none.
   *
   * @throws ArgumentException if another program writes to it
   * @throws IOException if it cannot be made or written to
   */
  public static Results in(Path folder) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(
            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock taken = channel.tryLock();
      if (taken != null) {
        return new Results(folder, channel);
      }
    } catch (OverlappingFileLockException _) {
      // Another run in this JVM has it.
    }
    channel.close();
    throw new ArgumentException(
        "results",
        "another run writes here",
        folder.toString(),
        "a folder of its own for each run",
        "wait for it, or give another --out");
  }

  /** The place of a file. */
  public Path file(String name) {
    return folder.resolve(name);
  }

  /** Notes a file that was written there. */
  public void wrote(String name) {
    written.add(name);
  }

  /** Writes a file: the whole of it or, on any failure, nothing. */
  public void write(String name, Content content) throws IOException {
    Path fresh = folder.resolve(".new-" + name);
    try {
      content.writeTo(fresh);
      Files.move(fresh, file(name), StandardCopyOption.ATOMIC_MOVE);
      wrote(name);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** Writes rows as comma-separated values, below the names of the columns. */
  public void csv(String name, List<String> header, Iterable<? extends Iterable<?>> rows)
      throws IOException {
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader(header.toArray(String[]::new)).get();
    write(
        name,
        file -> {
          try (Writer writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
              CSVPrinter csv = new CSVPrinter(writer, format)) {
            for (Iterable<?> row : rows) {
              csv.printRecord(row);
            }
          }
        });
  }

  /** Writes text. */
  public void text(String name, String content) throws IOException {
    write(name, file -> Files.writeString(file, content));
  }

  /** Draws plots in rows of {@code columns}, if pictures can be drawn here. */
  public void picture(String name, int columns, List<? extends Plot> plots) throws IOException {
    if (Charts.problem().isEmpty()) {
      write(name, file -> Charts.draw(file, columns, plots));
    }
  }

  /** What was written, and where; why pictures were not. */
  @Override
  public String toString() {
    String missing = Charts.problem().isEmpty() ? "" : "; no pictures: they " + Charts.problem();
    return folder + ": " + String.join(", ", written) + missing;
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
