package org.hypergrad.nn.save;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.LifetimeException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A save that fails or is killed leaves the file as it was. */
class AtomicSaveTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("a.safetensors");
  }

  private List<String> filesThere() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  /** Checks that the file is one version, whole, and gives its number. */
  private long version() {
    return Device.reference()
        .call(
            () ->
                Scope.call(
                    () -> {
                      try (SafeTensors in = SafeTensors.open(file)) {
                        long version = Long.parseLong(in.metadata().get("version"));
                        for (int value : in.tensor("a").toInts()) {
                          assertEquals(version, value);
                        }
                        return version;
                      }
                    }));
  }

  @Test
  void aKilledSaveLeavesAWholeFile() throws IOException, InterruptedException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 1; round <= 4; round++) {
      long first = 1_000_000L * round;
      Process child =
          new ProcessBuilder(Child.command(file, first, first + 999_999))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
        assertEquals(Child.SAVED, out.readLine());
        Thread.sleep(random.nextInt(60));
      } finally {
        child.destroyForcibly();
      }
      assertTrue(child.waitFor() > 128, "it was killed; seed " + seed);
      assertTrue(version() >= first, "seed " + seed);
    }
    Child.save(file, 7);
    assertEquals(7, version());
    assertEquals(List.of("a.safetensors"), filesThere(), "left-over files go with the next save");
  }

  @Test
  void aFullDiskLeavesTheOldFile() throws IOException, InterruptedException {
    Child.save(file, 1);
    byte[] before = Files.readAllBytes(file);
    // A limit of 512 KiB for each file that the child writes, where a version takes 1,200,000.
    List<String> command =
        new ArrayList<>(List.of("bash", "-c", "ulimit -f 512; exec \"$@\"", "bash"));
    command.addAll(Child.command(file, 2, 2));
    Process child =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, child.waitFor(), output);
    assertTrue(output.startsWith(Child.REFUSED + file + ": cannot be written"), output);
    assertArrayEquals(before, Files.readAllBytes(file));
    assertEquals(List.of("a.safetensors"), filesThere());
  }

  @Test
  void aTensorThatEndedLeavesTheOldFile() throws IOException {
    Child.save(file, 1);
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Tensor ended = Tensor.ones(3);
                      ended.close();
                      Map<String, Tensor> tensors = Map.of("a", Tensor.ones(2), "b", ended);
                      assertThrows(
                          LifetimeException.class,
                          () -> SafeTensors.write(file, tensors, Map.of()));
                    }));
    assertEquals(1, version());
    assertEquals(List.of("a.safetensors"), filesThere());
  }

  @Test
  void saysWhenThereIsNoFolder() {
    Path lost = folder.resolve("no").resolve("a.safetensors");
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> SafeTensors.write(lost, Map.of(), Map.of()));
    assertEquals(lost, e.file());
    assertInstanceOf(NoSuchFileException.class, e.getCause());
    assertFalse(Files.exists(lost.getParent()));
  }

  @Test
  void aDirectoryStays() throws IOException {
    Files.createDirectory(file);
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> SafeTensors.write(file, Map.of(), Map.of()));
    assertTrue(e.getMessage().contains("is a directory"), e.getMessage());
    assertTrue(Files.isDirectory(file));
    assertEquals(List.of("a.safetensors"), filesThere());
  }

  @Test
  void aFolderThatMayNotBeWrittenStays() throws IOException {
    assumeFalse(System.getProperty("user.name").equals("root"), "root may write anywhere");
    Child.save(file, 1);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      assertThrows(CheckpointException.class, () -> Child.save(file, 2));
    } finally {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    assertEquals(1, version());
    assertEquals(List.of("a.safetensors"), filesThere());
  }

  @Test
  void removesItsOwnLeftOversAlone() throws IOException {
    String id = UUID.randomUUID() + ".tmp";
    Path own = Files.writeString(folder.resolve(".a.safetensors." + id), "cut sho");
    Path others = Files.writeString(folder.resolve(".b.safetensors." + id), "");
    Path longer = Files.writeString(folder.resolve(".a.safetensors.b." + id), "");
    Child.save(file, 1);
    assertFalse(Files.exists(own));
    assertTrue(Files.exists(others) && Files.exists(longer));
  }

  @Test
  void aFileThatAnotherIsWritingStays() throws IOException {
    Path other = folder.resolve(".a.safetensors." + UUID.randomUUID() + ".tmp");
    Process writer = null;
    try (FileChannel channel =
        FileChannel.open(other, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      assertTrue(channel.lock().isValid());
      writer =
          new ProcessBuilder(Child.command(file, 5, 5))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      writer.getInputStream().readAllBytes();
      assertEquals(5, version());
      assertTrue(Files.exists(other));
    } finally {
      if (writer != null) {
        writer.destroyForcibly();
      }
    }
  }

  @Test
  void threadsThatSaveOneFileLeaveOneVersion() throws IOException, InterruptedException {
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (long t = 1; t <= 3; t++) {
      long version = t;
      threads.add(
          Thread.ofPlatform()
              .uncaughtExceptionHandler((_, failure) -> failures.add(failure))
              .start(
                  () -> {
                    for (int i = 0; i < 5; i++) {
                      Child.save(file, version);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(List.of(), failures);
    assertTrue(version() <= 3);
    assertEquals(List.of("a.safetensors"), filesThere());
  }
}
