package org.hypergrad.nn.save;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The last checkpoints of one training, in a folder of their own: {@code
 * step-000000000391.safetensors} by the steps done, so that names sort as time does. One program at
 * a time writes to it.
 *
 * <pre>{@code
 * CheckpointFolder folder = new CheckpointFolder(path, 3);
 * folder.save(checkpoint, progress);
 * ...
 * folder.newest(damaged -> log(damaged.getMessage())).ifPresent(checkpoint::restore);
 * }</pre>
 */
public final class CheckpointFolder {
  private static final Pattern NAME = Pattern.compile("step-\\d{12}\\.safetensors");
  private static final String DAMAGED = ".damaged";
  private static final String BEFORE = "before-";

  private final Path folder;
  private final int kept;

  /**
   * Names a folder, which the first save makes.
   *
   * @param kept how many checkpoints are kept, at least 1
   */
  public CheckpointFolder(Path folder, int kept) {
    this.folder = folder;
    this.kept = kept;
  }

  /**
   * Saves all, as {@link Checkpoint#save}; then removes what is older than the last few.
   *
   * @return the file
   * @throws CheckpointException that says why it cannot be written; all files are then as they were
   */
  public Path save(Checkpoint checkpoint, Progress progress) {
    long steps = checkpoint.optimizer().steps();
    Path file = folder.resolve("step-%012d.safetensors".formatted(steps));
    io(() -> Files.createDirectories(folder));
    checkpoint.save(file, progress);
    List<Path> all = files();
    for (Path old : all.subList(Math.min(kept, all.size()), all.size())) {
      io(() -> Files.deleteIfExists(old));
    }
    io(() -> AtomicFile.removeLeftOvers(folder, NAME));
    return file;
  }

  /** The checkpoints that are there, newest first, damaged or not. */
  public List<Path> files() {
    return list(NAME);
  }

  private List<Path> list(Pattern names) {
    List<Path> found = new ArrayList<>();
    io(
        () -> {
          try (DirectoryStream<Path> files =
              Files.newDirectoryStream(
                  folder, p -> names.matcher(p.getFileName().toString()).matches())) {
            files.forEach(found::add);
          } catch (NoSuchFileException _) {
            // Nothing was saved yet.
          }
        });
    found.sort(Comparator.reverseOrder());
    return found;
  }

  /**
   * The newest checkpoint that is whole; empty if none is there at all. Going on from an earlier
   * one comes to the same end. A newer one that is damaged gets {@code .damaged} added to its name.
   *
   * @param damaged told what is wrong with each that is
   * @throws CheckpointException if one cannot be read, or if all are damaged: they stay where they
   *     are
   */
  public Optional<Path> newest(Consumer<CheckpointException> damaged) {
    List<CheckpointException> bad = new ArrayList<>();
    for (Path file : files()) {
      try {
        SafeTensors.open(file).close();
      } catch (CheckpointException e) {
        if (!e.isDamage()) {
          throw e;
        }
        bad.add(e);
        continue;
      }
      bad.forEach(e -> rename(e.file(), e.file().getFileName() + DAMAGED));
      bad.forEach(damaged);
      return Optional.of(file);
    }
    if (!bad.isEmpty()) {
      throw new CheckpointException(
          folder,
          "no checkpoint is whole",
          bad.stream().map(CheckpointException::getMessage).toList(),
          "at least one that is",
          "bring back a copy of one, or begin anew",
          null);
    }
    return Optional.empty();
  }

  /**
   * Makes room for a training that begins anew: the newest checkpoint gets {@code before-} put
   * before its name, and the others are removed.
   *
   * @return the one that is kept; empty if there was none
   */
  public Optional<Path> setAside() {
    List<Path> all = files();
    if (all.isEmpty()) {
      return Optional.empty();
    }
    List<Path> earlier = list(Pattern.compile(BEFORE + NAME));
    Path newest = all.getFirst();
    Path aside = rename(newest, BEFORE + newest.getFileName());
    earlier.remove(aside);
    earlier.addAll(all.subList(1, all.size()));
    earlier.forEach(old -> io(() -> Files.deleteIfExists(old)));
    return Optional.of(aside);
  }

  private Path rename(Path file, String name) {
    Path renamed = file.resolveSibling(name);
    io(() -> Files.move(file, renamed, StandardCopyOption.ATOMIC_MOVE));
    return renamed;
  }

  /** What is done with files. */
  @FunctionalInterface
  private interface Action {
    void run() throws IOException;
  }

  private void io(Action action) {
    try {
      action.run();
    } catch (IOException cause) {
      throw new CheckpointException(
          folder, "cannot be read or written: " + cause, List.of(), "", "", cause);
    }
  }
}
