package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.function.Function;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Spec;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdxTest {
  /** Two images of 2 x 2 pixels. */
  private static final String VALID = "0000080300000002000000020000000200ff102001020304";

  @TempDir Path folder;

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex == null ? "" : hex);
  }

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("a file.bin"), content);
  }

  private static Idx.Images images(byte[] content) {
    return Idx.images("stream", new ByteArrayInputStream(content));
  }

  private static Idx.Labels labels(byte[] content) {
    return Idx.labels("stream", new ByteArrayInputStream(content));
  }

  @Test
  void imagesAreReadFromFilesAndStreamsPlainOrPacked() throws IOException {
    byte[] plain = bytes(VALID);
    for (byte[] content : new byte[][] {plain, IdxFiles.gzip(plain)}) {
      for (Idx.Images images : new Idx.Images[] {images(content), Idx.images(file(content))}) {
        assertEquals(2, images.count());
        assertEquals(2, images.rows());
        assertEquals(2, images.columns());
        assertArrayEquals(new byte[] {0, (byte) 255, 16, 32, 1, 2, 3, 4}, images.pixels());
      }
    }
    assertEquals(folder.resolve("a file.bin").toString(), Idx.images(file(plain)).source());
  }

  @Test
  void labelsAreReadFromFilesAndStreamsPlainOrPacked() throws IOException {
    byte[] plain = bytes("00000801000000030709ff");
    for (byte[] content : new byte[][] {plain, IdxFiles.gzip(plain)}) {
      assertArrayEquals(new byte[] {7, 9, (byte) 255}, labels(content).values());
      assertArrayEquals(new byte[] {7, 9, (byte) 255}, Idx.labels(file(content)).values());
    }
  }

  @Test
  void largerFilesAreReadWhole() {
    byte[] content = IdxFiles.images(333, 29, 31);
    Idx.Images images = images(IdxFiles.gzip(content));
    assertArrayEquals(Arrays.copyOfRange(content, 16, content.length), images.pixels());
  }

  /** Case idx-bad. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "|is empty|0 bytes|a header of 16 bytes",
        "00000803000000020000|ends within its header|10 bytes|a header of 16 bytes",
        "000008|ends within its header|3 bytes|a header of 16 bytes",
        "0000080100000002000000020000000200ff102001020304|is not an IDX file of images"
            + "|magic 00000801 (labels), 24 bytes|magic 00000803 and at least 16 bytes",
        "0000080300000002000000020000000200ff1020010203|is cut short"
            + "|header [2, 2, 2], 23 bytes|24 bytes",
        "00000803000000020000000200000002|is cut short|header [2, 2, 2], 16 bytes|24 bytes",
        "0000080300000002000000020000000200ff10200102030400|has bytes behind its end"
            + "|header [2, 2, 2], 25 bytes|24 bytes",
        "000008037fffffff0000001c0000001c|counts are too large"
            + "|header [2147483647, 28, 28], 16 bytes"
            + "|the product of the counts, but at most 2147483639 bytes",
        "000008037fffffff7fffffff7fffffff|counts are too large"
            + "|header [2147483647, 2147483647, 2147483647], 16 bytes"
            + "|the product of the counts, but at most 2147483639 bytes",
        "00000803000100000001000000010000|counts are too large"
            + "|header [65536, 65536, 65536], 16 bytes"
            + "|the product of the counts, but at most 2147483639 bytes",
        "00000803ffffffff0000001c0000001c|a count is not positive"
            + "|header [-1, 28, 28], 16 bytes|counts >= 1",
        "00000803000000000000001c0000001c|a count is not positive"
            + "|header [0, 28, 28], 16 bytes|counts >= 1",
        "03080000020000000200000002000000|is not an IDX file of images"
            + "|magic 03080000 (images, but little-endian), 16 bytes"
            + "|magic 00000803 and at least 16 bytes",
        "00000d03000000010000000100000001|is not an IDX file of images"
            + "|magic 00000d03 (something else), 16 bytes|magic 00000803 and at least 16 bytes",
        "0000080100000002|is not an IDX file of images"
            + "|magic 00000801 (labels), 8 bytes|magic 00000803 and at least 16 bytes",
      })
  void badImagesAreRefused(String hex, String problem, String got, String expected)
      throws IOException {
    refused(Idx::images, IdxTest::images, bytes(hex), problem, got, expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "|is empty|0 bytes|a header of 8 bytes",
        "00000801000000|ends within its header|7 bytes|a header of 8 bytes",
        VALID
            + "|is not an IDX file of labels|magic 00000803 (images), 24 bytes"
            + "|magic 00000801 and at least 8 bytes",
        "0000080100000003010203|is fine||",
        "00000801000000030102|is cut short|header [3], 10 bytes|11 bytes",
        "000008010000000301020304|has bytes behind its end|header [3], 12 bytes|11 bytes",
        "00000801ffffffff|a count is not positive|header [-1], 8 bytes|counts >= 1",
        "000008017fffffff|counts are too large|header [2147483647], 8 bytes"
            + "|the product of the counts, but at most 2147483639 bytes",
        "0108000003000000010203|is not an IDX file of labels"
            + "|magic 01080000 (labels, but little-endian), 11 bytes"
            + "|magic 00000801 and at least 8 bytes",
      })
  void badLabelsAreRefused(String hex, String problem, String got, String expected)
      throws IOException {
    if (problem.equals("is fine")) {
      assertEquals(3, labels(bytes(hex)).values().length);
      return;
    }
    refused(Idx::labels, IdxTest::labels, bytes(hex), problem, got, expected);
  }

  /** Plain and packed, as file and as stream. */
  private void refused(
      Function<Path, Object> ofFile,
      Function<byte[], Object> ofStream,
      byte[] content,
      String problem,
      String got,
      String expected)
      throws IOException {
    for (byte[] form : new byte[][] {content, IdxFiles.gzip(content)}) {
      Path file = file(form);
      var inFile = assertThrows(DataException.class, () -> ofFile.apply(file));
      assertEquals(file.toString(), inFile.source());
      var inStream = assertThrows(DataException.class, () -> ofStream.apply(form));
      assertEquals("stream", inStream.source());
      for (DataException e : new DataException[] {inFile, inStream}) {
        assertEquals(problem, e.problem());
        assertEquals(got, e.got());
        assertEquals(expected, e.expected());
      }
    }
  }

  /** A gzip stream cut anywhere, its trailer included. */
  @Test
  void aGzipStreamThatIsCutIsRefused() {
    byte[] packed = IdxFiles.gzip(IdxFiles.images(50, 28, 28));
    for (int length = 2; length < packed.length; length += length < 30 ? 1 : 7) {
      byte[] cut = Arrays.copyOf(packed, length);
      var e = assertThrows(DataException.class, () -> images(cut), () -> cut.length + " bytes");
      assertEquals("is damaged or cut short", e.problem());
      assertTrue(e.got().matches("\\d+ (unpacked )?bytes before java.io.EOFException.*"), e.got());
    }
    var half =
        assertThrows(DataException.class, () -> images(Arrays.copyOf(packed, packed.length - 1)));
    assertEquals(16 + 50 * 28 * 28 + " bytes", half.expected());
    assertTrue(half.got().startsWith("39216 bytes before"), half.got());
  }

  @Test
  void aGzipStreamWithAFlippedBitIsRefused() {
    byte[] content = IdxFiles.images(50, 28, 28);
    new Random(1).nextBytes(content);
    System.arraycopy(IdxFiles.images(50, 28, 28), 0, content, 0, 16);
    byte[] packed = IdxFiles.gzip(content);
    for (int at = 10; at < packed.length; at += 97) {
      byte[] flipped = packed.clone();
      flipped[at] ^= 4;
      assertThrows(DataException.class, () -> images(flipped), "bit in byte " + at);
    }
  }

  /** A header alone that claims 1.5 GB, which an array could hold. */
  @Test
  void memoryIsNotReservedForWhatAHeaderClaims() {
    byte[] claim = bytes("00000803001e84800000001c0000001c");
    for (byte[] form : new byte[][] {claim, IdxFiles.gzip(claim)}) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long before = threads.getCurrentThreadAllocatedBytes();
      var e = assertThrows(DataException.class, () -> images(form));
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      assertEquals("header [2000000, 28, 28], 16 bytes", e.got());
      assertEquals("1568000016 bytes", e.expected());
      assertTrue(allocated < 2_000_000, allocated + " bytes allocated");
    }
  }

  @Test
  void whatIsNoReadableFileIsRefused() throws IOException {
    var directory = assertThrows(DataException.class, () -> Idx.images(folder));
    assertEquals("is a directory", directory.problem());
    assertEquals(folder.toString(), directory.source());
    Path nowhere = folder.resolve("nowhere");
    var missing = assertThrows(DataException.class, () -> Idx.labels(nowhere));
    assertEquals("does not exist", missing.problem());
    assertEquals(nowhere.toString(), missing.source());
  }

  @Test
  void aFileThatMayNotBeReadIsRefused() throws IOException {
    Path file = file(bytes(VALID));
    Assumptions.assumeTrue(file.toFile().setReadable(false) && !Files.isReadable(file));
    var e = assertThrows(DataException.class, () -> Idx.images(file));
    assertEquals("may not be read", e.problem());
  }

  @Test
  void pixelsBecomeFractions() {
    Dataset dataset =
        IdxDataset.of(images(bytes(VALID)), labels(IdxFiles.labels(9, 0)), Mnist.CLASSES);
    assertEquals(2, dataset.size());
    assertEquals(Spec.of(DType.FLOAT32, 1, 2, 2), dataset.input());
    assertEquals(Spec.of(DType.INT32), dataset.target());
    assertEquals("image 1 of stream", dataset.describe(1));
    Scope.run(
        () -> {
          try (Batches batches = Loader.of(dataset, 2).epoch(0)) {
            Batch batch = batches.next();
            assertArrayEquals(
                new float[] {0, 1, 16 / 255f, 32 / 255f, 1 / 255f, 2 / 255f, 3 / 255f, 4 / 255f},
                batch.input().toFloats());
            assertArrayEquals(new int[] {9, 0}, batch.target().toInts());
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 127, 128, 255})
  void labelsMustBeClasses(int label) {
    Idx.Images images = images(bytes(VALID));
    Idx.Labels labels = labels(IdxFiles.labels(3, label));
    var e = assertThrows(DataException.class, () -> IdxDataset.of(images, labels, 10));
    assertEquals("stream", e.source());
    assertEquals("label " + label + " of example 1", e.got());
    assertEquals("a label in [0, 10)", e.expected());
  }

  /** Of case idx-bad: two images, three labels. */
  @Test
  void numbersOfImagesAndLabelsMustAgree() {
    Idx.Images images = images(bytes(VALID));
    Idx.Labels labels = labels(IdxFiles.labels(1, 2, 3));
    var e = assertThrows(DataException.class, () -> IdxDataset.of(images, labels, 10));
    assertEquals("3 labels, 2 images in stream", e.got());
  }
}
