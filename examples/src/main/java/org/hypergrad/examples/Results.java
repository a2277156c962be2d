package org.hypergrad.examples;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.error.ArgumentException;

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

  /** What was written, and where. */
  @Override
  public String toString() {
    return folder + ": " + String.join(", ", written);
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
