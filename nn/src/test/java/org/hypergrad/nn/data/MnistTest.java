package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hypergrad.engine.Scope;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MnistTest {
  private static final String[] NAMES = {
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte"
  };

  private static final byte[][] CONTENTS = {
    IdxFiles.images(3, 2, 2), IdxFiles.labels(5, 0, 4), IdxFiles.images(1, 2, 2), IdxFiles.labels(7)
  };

  @TempDir Path parent;
  private Path folder;

  @BeforeEach
  void makeFolder() throws IOException {
    folder = Files.createDirectory(parent.resolve("a !b#c%20 ü"));
  }

  private void write(String name, byte[] content) throws IOException {
    Files.write(folder.resolve(name), content);
  }

  private void writeAll() throws IOException {
    for (int i = 0; i < NAMES.length; i++) {
      write(NAMES[i], CONTENTS[i]);
    }
  }

  private static int[] labels(Dataset dataset) {
    return Scope.call(
        () -> {
          try (Batches batches = Loader.of(dataset, 10).epoch(0)) {
            return batches.next().target().toInts();
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"-, false, ''", "., false, ''", "-, true, .gz", "., true, .gz", "-, true, ''"})
  void filesAreFoundByEitherName(String separator, boolean packed, String suffix)
      throws IOException {
    for (int i = 0; i < NAMES.length; i++) {
      String name = NAMES[i].replace("-idx", separator + "idx") + suffix;
      write(name, packed ? IdxFiles.gzip(CONTENTS[i]) : CONTENTS[i]);
    }
    Mnist mnist = Mnist.read(folder);
    assertArrayEquals(new int[] {5, 0, 4}, labels(mnist.train()));
    assertArrayEquals(new int[] {7}, labels(mnist.test()));
    assertEquals(
        folder.resolve(NAMES[0].replace("-idx", separator + "idx") + suffix).toString(),
        mnist.train().describe(2).substring("image 2 of ".length()));
  }

  @Test
  void everyMissingFileIsNamed() throws IOException {
    write(NAMES[0], CONTENTS[0]);
    write(NAMES[3] + ".gz", IdxFiles.gzip(CONTENTS[3]));
    var e = assertThrows(DataException.class, () -> Mnist.read(folder));
    assertEquals(folder.toString(), e.source());
    assertEquals("no " + NAMES[1] + ", no " + NAMES[2], e.got());
  }

  @Test
  void aFolderThatIsNotThereIsNamed() throws IOException {
    write("file", new byte[0]);
    for (String name : List.of("nowhere", "file")) {
      Path path = folder.resolve(name);
      var e = assertThrows(DataException.class, () -> Mnist.read(path));
      assertEquals(path.toString(), e.source());
      assertEquals("is not a folder", e.problem());
    }
  }

  @Test
  void exchangedFilesAreRefused() throws IOException {
    writeAll();
    write(NAMES[0], CONTENTS[1]);
    var e = assertThrows(DataException.class, () -> Mnist.read(folder));
    assertEquals(folder.resolve(NAMES[0]).toString(), e.source());
    assertEquals("are images and labels exchanged?", e.hint());
  }

  @Test
  void labelsOfAnotherSetAreRefused() throws IOException {
    writeAll();
    write(NAMES[1], CONTENTS[3]);
    var e = assertThrows(DataException.class, () -> Mnist.read(folder));
    assertEquals(folder.resolve(NAMES[1]).toString(), e.source());
    assertTrue(e.got().startsWith("1 labels, 3 images in "), e.got());
    writeAll();
    write(NAMES[3], IdxFiles.labels(10));
    var range = assertThrows(DataException.class, () -> Mnist.read(folder));
    assertEquals("label 10 of example 0", range.got());
  }

  @Test
  void imagesOfAnotherSizeAreRefused() throws IOException {
    writeAll();
    write(NAMES[2], IdxFiles.images(1, 3, 2));
    var e = assertThrows(DataException.class, () -> Mnist.read(folder));
    assertEquals("train float32[1, 2, 2], test float32[1, 3, 2]", e.got());
  }

  @Test
  void whatIsDownloadedIsWhatIsRead() {
    List<String> names = Mnist.DOWNLOAD.items().stream().map(Download.Item::name).toList();
    assertEquals(List.of(NAMES).stream().map(name -> name + ".gz").toList(), names);
    assertTrue(Mnist.DOWNLOAD.items().stream().allMatch(i -> i.sha256().matches("[0-9a-f]{64}")));
  }
}
