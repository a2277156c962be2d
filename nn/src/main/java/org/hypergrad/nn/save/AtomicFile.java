package org.hypergrad.nn.save;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Writes a file so that at any moment, a crash included, its name stands for the whole old or the
 * whole new content: into a temporary file beside it, which is synced and then renamed.
 *
 * <p>What a killed process left behind is removed by the next write of the same file. A temporary
 * file is locked as long as its writer lives, so that two of them do not remove each other's.
 */
final class AtomicFile {
  /** Temporary files of this process: its own locks do not keep it off. */
  private static final Set<Path> WRITING = ConcurrentHashMap.newKeySet();

  private AtomicFile() {}

  /** What makes the content. */
  @FunctionalInterface
  interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Writes a file.
   *
   * @throws CheckpointException if that fails; the old file is then as it was
   */
  static void write(Path file, Content content) {
    Path target = file.toAbsolutePath();
    if (Files.isDirectory(target)) {
      throw new CheckpointException(
          file, "is a directory", List.of(), "a file", "name a file in it", null);
    }
    String name = target.getFileName().toString();
    Path temporary = target.resolveSibling("." + name + "." + UUID.randomUUID() + ".tmp");
    WRITING.add(temporary);
    try {
      removeLeftOvers(target.getParent(), Pattern.compile(Pattern.quote(name)));
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        lock(channel);
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      syncFolder(target.getParent());
    } catch (IOException cause) {
      throw new CheckpointException(file, "cannot be written: " + cause, List.of(), "", "", cause);
    } finally {
      delete(temporary);
      WRITING.remove(temporary);
    }
  }

  /**
   * Removes what killed writers left behind of files with names like this.
   *
   * @param names of the files themselves
   */
  static void removeLeftOvers(Path folder, Pattern names) throws IOException {
    Pattern temporary = Pattern.compile("\\.(?:" + names + ")\\.[0-9a-f-]{36}\\.tmp");
    try (DirectoryStream<Path> leftOvers =
        Files.newDirectoryStream(
            folder, p -> temporary.matcher(p.getFileName().toString()).matches())) {
      for (Path leftOver : leftOvers) {
        if (!WRITING.contains(leftOver) && isAbandoned(leftOver)) {
          delete(leftOver);
        }
      }
    } catch (AccessDeniedException _) {
      // A folder that may be written and not listed: what is left over is in nobody's way.
    }
  }

  private static boolean isAbandoned(Path temporary) {
    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      return channel.tryLock() != null;
    } catch (IOException | OverlappingFileLockException _) {
      // Already gone, another user's, known here by another path, or without locks.
      return false;
    }
  }

  private static void lock(FileChannel channel) {
    try {
      FileLock _ = channel.tryLock();
    } catch (IOException _) {
      // A file system without locks: nobody will take the file for abandoned there.
    }
  }

  /** Makes the new name last. */
  private static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (AccessDeniedException _) {
      // Windows opens no folders, and does not need this.
    }
  }

  private static void delete(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException _) {
      // The next write tries again, and what went wrong before says more.
    }
  }
}
