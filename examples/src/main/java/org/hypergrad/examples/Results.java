package org.hypergrad.examples;

import java.io.IOException;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.examples.chart.Charts;
import org.hypergrad.examples.chart.Plot;

/** A folder of results, which one program at a time writes to. */
public final class Results implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofMillis(20);

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
    return ifFree(folder).orElseThrow(() -> taken(folder));
  }

  /**
   * Takes a folder as soon as no other program writes to it: for several that each write now and
   * then.
   *
   * @throws ArgumentException if one has been writing to it for a minute
   * @throws IOException if it cannot be made or written to
   */
  public static Results await(Path folder) throws IOException {
    long start = System.nanoTime();
    Optional<Results> results = ifFree(folder);
    while (results.isEmpty()) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw taken(folder);
      }
      LockSupport.parkNanos(PAUSE.toNanos());
      results = ifFree(folder);
    }
    return results.get();
  }

  /**
   * Takes a folder, unless another program writes to it. It does so by a lock of the operating
   * system, which ends with its program, however that ends.
   *
   * @throws IOException if it cannot be made or written to
   */
  public static Optional<Results> ifFree(Path folder) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(
            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return Optional.of(new Results(folder, channel));
      }
    } catch (OverlappingFileLockException _) {
      // Another run in this JVM has it.
    }
    channel.close();
    return Optional.empty();
  }

  private static ArgumentException taken(Path folder) {
    return new ArgumentException(
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
      try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        // The old file must not give way to one that a power cut may still empty.
        channel.force(true);
      }
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
