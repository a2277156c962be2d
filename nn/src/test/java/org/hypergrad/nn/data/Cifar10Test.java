package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Spec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Cifar10Test {
  @TempDir Path parent;
  private Path folder;
  private final CifarSet set = new CifarSet();

  @BeforeEach
  void name() {
    folder = parent.resolve("a !b#c%20 ü");
  }

  /** One example. */
  private record Example(int label, byte[] pixels) {
    static Example of(Dataset dataset, int index) {
      byte[] pixels = new byte[3 * 32 * 32];
      int[] label = new int[1];
      dataset.read(
          index,
          new SplittableRandom(0),
          MemorySegment.ofArray(pixels),
          MemorySegment.ofArray(label));
      return new Example(label[0], pixels);
    }

    int pixel(int channel, int row, int column) {
      return Byte.toUnsignedInt(pixels[(channel * 32 + row) * 32 + column]);
    }
  }

  private static void assertWhole(Cifar10 read) {
    assertEquals(CifarSet.TRAIN, read.train().size());
    assertEquals(CifarSet.TEST, read.test().size());
    for (Dataset part : List.of(read.train(), read.test())) {
      assertEquals(Spec.of(DType.UINT8, 3, 32, 32), part.input());
      assertEquals(Spec.of(DType.INT32), part.target());
    }
    int index = 0;
    for (int file = 0; file < 6; file++) {
      for (int record = 0; record <= file; record++) {
        Dataset part = file < 5 ? read.train() : read.test();
        Example example = Example.of(part, file < 5 ? index++ : record);
        assertEquals(CifarSet.label(file, record), example.label());
        assertEquals(10 * file + record, example.pixel(0, 31, 31));
        assertEquals(10 * file + record + 140, example.pixel(2, 0, 0));
      }
    }
  }

  private DataException refused(Path path) {
    return assertThrows(DataException.class, () -> Cifar10.read(path));
  }

  private DataException refused() throws IOException {
    set.write(folder);
    return refused(folder);
  }

  /** Case cifar-layout. */
  @Test
  void planesComeInTheOrderRedGreenBlueRowByRow() throws IOException {
    byte[] record = new byte[CifarSet.RECORD];
    record[0] = 3;
    Arrays.fill(record, 1, 1025, (byte) 10);
    Arrays.fill(record, 1025, 2049, (byte) 20);
    Arrays.fill(record, 2049, 3073, (byte) 30);
    record[1 + 1024 + 1] = 99;
    set.files.put("data_batch_1.bin", record);
    set.write(folder);
    Example example = Example.of(Cifar10.read(folder).train(), 0);
    assertEquals(3, example.label());
    assertEquals(10, example.pixel(0, 0, 0));
    assertEquals(20, example.pixel(1, 0, 0));
    assertEquals(30, example.pixel(2, 0, 0));
    assertEquals(99, example.pixel(1, 0, 1));
  }

  @ParameterizedTest
  @CsvSource({"plain, ''", "plain, .gz", "gzip, .gz", "gzip, ''", "xz, .xz", "xz, ''", "xz, .gz"})
  void filesAreFoundPackedOrNot(String packing, String suffix) throws IOException {
    Files.createDirectories(folder);
    for (String name : CifarSet.NAMES) {
      byte[] content = set.files.get(name);
      byte[] packed =
          switch (packing) {
            case "gzip" -> IdxFiles.gzip(content);
            case "xz" -> CifarSet.xz(content);
            default -> content;
          };
      Files.write(folder.resolve(name + suffix), packed);
    }
    Cifar10 read = Cifar10.read(folder);
    assertWhole(read);
    assertEquals(
        "record 1 of " + folder.resolve("data_batch_3.bin" + suffix), read.train().describe(4));
  }

  @Test
  void theFolderOfTheArchiveIsLookedInto() throws IOException {
    set.write(folder.resolve("cifar-10-batches-bin"));
    assertWhole(Cifar10.read(folder));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theArchiveNeedsNoUnpacking(boolean packed) throws IOException {
    set.names("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
    Files.createDirectories(folder);
    Path archive = folder.resolve("cifar-10-binary.tar.gz");
    Files.write(archive, packed ? IdxFiles.gzip(set.tar()) : set.tar());
    for (Path path : List.of(folder, archive)) {
      Cifar10 read = Cifar10.read(path);
      assertWhole(read);
      assertEquals("j", read.names().getLast());
      assertEquals(
          "record 0 of " + archive + "!cifar-10-batches-bin/test_batch.bin",
          read.test().describe(0));
    }
  }

  @Test
  void classNamesAreTheFilesOrElseTheUsualOnes() throws IOException {
    set.write(folder);
    List<String> usual = Cifar10.read(folder).names();
    assertEquals(10, usual.size());
    // The paper's order: label 0 is an airplane, 3 a cat, 9 a truck.
    assertEquals(
        List.of("airplane", "cat", "truck"), List.of(usual.get(0), usual.get(3), usual.get(9)));
    set.names("p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "", "");
    set.write(folder);
    assertEquals(
        List.of("p", "q", "r", "s", "t", "u", "v", "w", "x", "y"), Cifar10.read(folder).names());
    set.names("only", "two");
    var e = refused();
    assertEquals(folder.resolve("batches.meta.txt").toString(), e.source());
    assertEquals("2 names", e.got());
  }

  @Test
  void whatIsDownloadedIsWhatIsRead() {
    Download.Item item = Cifar10.DOWNLOAD.items().getFirst();
    assertEquals("cifar-10-binary.tar.gz", item.name());
    assertTrue(item.sha256().matches("[0-9a-f]{64}"));
    assertFalse(item.unpacked());
  }

  @Test
  void everyMissingFileIsNamed() throws IOException {
    set.files.remove("data_batch_2.bin");
    set.files.remove("test_batch.bin");
    var e = refused();
    assertEquals(folder.toString(), e.source());
    assertEquals("no data_batch_2.bin, no test_batch.bin", e.got());
    Path archive = parent.resolve("part.tar");
    Files.write(archive, set.tar());
    assertEquals("no data_batch_2.bin, no test_batch.bin", refused(archive).got());
    var none = refused(Files.createDirectory(parent.resolve("empty")));
    assertTrue(none.got().startsWith("no data_batch_1.bin, no data_batch_2.bin,"), none.got());
  }

  @Test
  void aPathThatIsNotThereIsNamed() {
    Path nowhere = parent.resolve("nowhere");
    var e = refused(nowhere);
    assertEquals(nowhere.toString(), e.source());
    assertEquals("does not exist", e.problem());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3072, 3074, 9218})
  void aFileThatEndsWithinARecordIsRefused(int bytes) throws IOException {
    set.files.computeIfPresent("data_batch_4.bin", (_, all) -> Arrays.copyOf(all, bytes));
    var e = refused();
    assertEquals(folder.resolve("data_batch_4.bin").toString(), e.source());
    assertEquals("ends within a record", e.problem());
    int whole = bytes / CifarSet.RECORD;
    int rest = bytes % CifarSet.RECORD;
    assertEquals(
        bytes + " bytes: " + whole + " whole records and " + rest + " bytes more", e.got());
  }

  @Test
  void anEmptyFileIsRefused() throws IOException {
    set.files.put("test_batch.bin", new byte[0]);
    var e = refused();
    assertEquals(folder.resolve("test_batch.bin").toString(), e.source());
    assertEquals("is empty", e.problem());
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 255})
  void aLabelOutOfRangeIsNamedWithItsPlace(int label) throws IOException {
    set.files.get("data_batch_3.bin")[2 * CifarSet.RECORD] = (byte) label;
    var e = refused();
    assertEquals(folder.resolve("data_batch_3.bin").toString(), e.source());
    assertEquals("label " + label + " of record 2, at byte 6146", e.got());
  }

  /** Labels and lengths are right, pixels are not. */
  @Test
  void aFileOfTheOriginalsLengthMustBeTheOriginal() throws IOException {
    byte[] dark = IdxFiles.gzip(new byte[10_000 * CifarSet.RECORD]);
    set.files.put("data_batch_2.bin", dark);
    var e = refused();
    assertEquals(folder.resolve("data_batch_2.bin").toString(), e.source());
    assertEquals("is damaged, or not of CIFAR-10", e.problem());
    set.files.put("data_batch_2.bin", IdxFiles.gzip(new byte[9_999 * CifarSet.RECORD]));
    set.write(folder);
    assertEquals(CifarSet.TRAIN - 2 + 9_999, Cifar10.read(folder).train().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "xz"})
  void damagedPackingIsNamed(String packing) throws IOException {
    byte[] content = set.files.get("data_batch_5.bin");
    byte[] packed = packing.equals("gzip") ? IdxFiles.gzip(content) : CifarSet.xz(content);
    byte[] cut = Arrays.copyOf(packed, packed.length - 9);
    byte[] flipped = packed.clone();
    flipped[packed.length / 2] ^= 0x10;
    for (byte[] bad : List.of(cut, flipped)) {
      set.files.put("data_batch_5.bin", bad);
      var e = refused();
      assertEquals(folder.resolve("data_batch_5.bin").toString(), e.source());
      assertEquals("is damaged or cut short", e.problem());
    }
  }

  @Test
  void anArchiveThatIsCutAnywhereIsRefused() throws IOException {
    byte[] whole = IdxFiles.gzip(set.tar());
    Path archive = parent.resolve("cifar-10-binary.tar.gz");
    for (int length = 0; length < whole.length; length += 97) {
      Files.write(archive, Arrays.copyOf(whole, length));
      var e = refused(archive);
      assertTrue(e.source().startsWith(archive.toString()), e.source());
    }
  }

  /** A few bits decide nothing, such as from which of many equal bytes one is repeated. */
  @Test
  void anArchiveWithAFlippedBitIsRefusedOrReadsTheSame() throws IOException {
    byte[] whole = IdxFiles.gzip(set.tar());
    Path archive = parent.resolve("cifar-10-binary.tar.gz");
    int refused = 0;
    for (int bit = 0; bit < 8 * whole.length; bit += 331) {
      byte[] bad = whole.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(archive, bad);
      try {
        assertWhole(Cifar10.read(archive));
      } catch (DataException e) {
        assertTrue(e.source().startsWith(archive.toString()), e.source());
        refused++;
      }
    }
    assertTrue(refused > 0);
  }

  private static void assertSummary(JsonNode expected, Dataset actual) {
    assertEquals(expected.get("records").asInt(), actual.size());
    long[] sums = new long[3];
    int[] counts = new int[10];
    for (int i = 0; i < actual.size(); i++) {
      Example example = Example.of(actual, i);
      counts[example.label()]++;
      if (i < 10) {
        assertEquals(expected.get("labels").get(i).asInt(), example.label());
      }
      for (int at = 0; at < 3072; at++) {
        sums[at / 1024] += Byte.toUnsignedInt(example.pixels()[at]);
      }
    }
    ObjectMapper json = new ObjectMapper();
    assertArrayEquals(json.convertValue(expected.get("sums"), long[].class), sums);
    assertArrayEquals(json.convertValue(expected.get("counts"), int[].class), counts);
    for (JsonNode pixel : expected.get("pixels")) {
      int[] p = json.convertValue(pixel, int[].class);
      assertEquals(p[4], Example.of(actual, p[0]).pixel(p[1], p[2], p[3]));
    }
  }

  /** Against what cifar.py read. */
  @Test
  void aPartOfTheRealSetIsWhatAnotherReaderReads() throws IOException {
    Cifar10 read = Cifar10.read(RealData.folder("cifar-10-small"));
    try (InputStream in = Cifar10Test.class.getResourceAsStream("cifar.json")) {
      JsonNode expected = new ObjectMapper().readTree(in);
      assertSummary(expected.get("train"), read.train());
      assertSummary(expected.get("test"), read.test());
    }
  }

  @Test
  void meanAndDeviationAreThoseOfTheTrainingSet() {
    Dataset train = Cifar10.read(RealData.folder("cifar-10-batches-bin")).train();
    assertEquals(50_000, train.size());
    long[] sums = new long[3];
    long[] squares = new long[3];
    for (int i = 0; i < train.size(); i++) {
      byte[] pixels = Example.of(train, i).pixels();
      for (int at = 0; at < 3072; at++) {
        int value = Byte.toUnsignedInt(pixels[at]);
        sums[at / 1024] += value;
        squares[at / 1024] += (long) value * value;
      }
    }
    double count = 50_000.0 * 1024;
    for (int c = 0; c < 3; c++) {
      double mean = sums[c] / count;
      // The constants have four digits.
      assertEquals(mean / 255, Cifar10.MEAN.get(c), 5e-5);
      double deviation = Math.sqrt(squares[c] / count - mean * mean);
      assertEquals(deviation / 255, Cifar10.STD.get(c), 5e-5);
    }
  }
}
