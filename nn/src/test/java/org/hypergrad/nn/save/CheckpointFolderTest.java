package org.hypergrad.nn.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFolderTest {
  @TempDir private Path temporary;
  private Path path;
  private CheckpointFolder folder;

  @BeforeEach
  void nameTheFolder() {
    path = temporary.resolve("run");
    folder = new CheckpointFolder(path, 3);
  }

  /** Saves after each of the first {@code steps} steps. */
  private void train(int steps) {
    Device.reference()
        .run(
            () -> {
              try (Training training = new Training(new Sgd(0.1).momentum(0.9), 1)) {
                for (int i = 0; i < steps; i++) {
                  training.steps(i, i + 1);
                  Path file = folder.save(training.checkpoint, Progress.of(Map.of("at", i + 1L)));
                  assertEquals(file(i + 1), file);
                }
              }
            });
  }

  private Path file(int step) {
    return path.resolve("step-%012d.safetensors".formatted(step));
  }

  private List<String> there() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  private static String name(int step) {
    return "step-%012d.safetensors".formatted(step);
  }

  @Test
  void theLastFewAreKeptAndNamesSortByStep() throws IOException {
    assertEquals(List.of(), folder.files());
    assertEquals(Optional.empty(), folder.newest(e -> {}));
    train(11);
    assertEquals(List.of(file(11), file(10), file(9)), folder.files());
    assertEquals(List.of(name(9), name(10), name(11)), there());
    Path newest = folder.newest(e -> {}).orElseThrow();
    assertEquals(Map.of("at", 11L), Checkpoint.progress(newest).numbers());
    PlainReader plain = new PlainReader(newest);
    assertEquals("I64[]", plain.spec("training/steps"));
    assertEquals(11, plain.firstLong("training/steps"));
    assertEquals("F32[4,5]", plain.spec("first.weight"));
  }

  @Test
  void whatAKilledSaveLeftIsRemoved() throws IOException {
    train(1);
    String id = UUID.randomUUID() + ".tmp";
    Files.writeString(path.resolve("." + name(7) + "." + id), "cut sho");
    Files.writeString(path.resolve(".other.safetensors." + id), "another's");
    train(1);
    assertEquals(List.of(".other.safetensors." + id, name(1)), there());
  }

  /** Every way in which a file can be damaged, in each of its regions. */
  private static List<byte[]> damages(byte[] whole) {
    int header = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertTrue(8 + header < whole.length);
    List<byte[]> all = new ArrayList<>();
    for (int at : new int[] {0, 7, 8, 8 + header / 2, 7 + header, 8 + header, whole.length - 1}) {
      byte[] flipped = whole.clone();
      flipped[at] ^= 4;
      all.add(flipped);
    }
    for (int length : new int[] {0, 7, 8, 8 + header / 2, 8 + header, whole.length - 1}) {
      all.add(Arrays.copyOf(whole, length));
    }
    all.add(Arrays.copyOf(whole, whole.length + 1));
    return all;
  }

  @Test
  void aDamagedOneIsNamedAndTheOneBeforeTaken() throws IOException {
    train(3);
    byte[] whole = Files.readAllBytes(file(3));
    for (byte[] damaged : damages(whole)) {
      Files.write(file(3), damaged);
      List<CheckpointException> told = new ArrayList<>();
      assertEquals(Optional.of(file(2)), folder.newest(told::add));
      assertEquals(List.of(file(3)), told.stream().map(CheckpointException::file).toList());
      assertTrue(told.getFirst().isDamage());
      assertTrue(told.getFirst().getMessage().startsWith(file(3) + ": "));
      assertEquals(List.of(name(1), name(2), name(3) + ".damaged"), there());
    }
    Files.write(file(3), whole);
    assertEquals(Optional.of(file(3)), folder.newest(e -> {}));
  }

  @Test
  void ifNoneIsWholeAllAreNamedAndStay() throws IOException {
    train(2);
    for (int step = 1; step <= 2; step++) {
      Files.write(file(step), Arrays.copyOf(Files.readAllBytes(file(step)), 100));
    }
    for (int attempt = 0; attempt < 2; attempt++) {
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> folder.newest(bad -> {}));
      assertEquals(path, e.file());
      assertEquals(2, e.problems().size());
      assertTrue(e.problems().get(0).startsWith(file(2) + ": "), e.getMessage());
      assertTrue(e.problems().get(1).startsWith(file(1) + ": "), e.getMessage());
      assertEquals(List.of(name(1), name(2)), there());
    }
  }

  @Test
  void whatIsNotDamagedIsNotPassedOver() throws IOException {
    train(1);
    Files.createDirectory(file(2));
    CheckpointException e = assertThrows(CheckpointException.class, () -> folder.newest(bad -> {}));
    assertEquals(file(2), e.file());
    assertFalse(e.isDamage());
  }

  @Test
  void aNewBeginningKeepsTheNewest() throws IOException {
    assertEquals(Optional.empty(), folder.setAside());
    train(3);
    byte[] newest = Files.readAllBytes(file(3));
    Path aside = folder.setAside().orElseThrow();
    assertEquals(path.resolve("before-" + name(3)), aside);
    assertEquals(List.of("before-" + name(3)), there());
    assertEquals(Optional.empty(), folder.setAside(), "nothing new to keep");
    train(2);
    assertEquals(List.of("before-" + name(3), name(1), name(2)), there());
    assertTrue(Arrays.equals(newest, Files.readAllBytes(aside)));
    assertEquals(Optional.of(file(2)), folder.newest(e -> {}));
    folder.setAside();
    assertEquals(List.of("before-" + name(2)), there());
    train(2);
    folder.setAside();
    assertEquals(List.of("before-" + name(2)), there());
  }
}
