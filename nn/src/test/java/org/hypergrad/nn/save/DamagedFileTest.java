package org.hypergrad.nn.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DamagedFileTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("a.safetensors");
  }

  private byte[] small() throws IOException {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () ->
                        SafeTensors.write(
                            file,
                            // Spaces as data: a header that takes one in is still JSON.
                            Map.of(
                                "a", Tensor.full(32, DType.UINT8, 11),
                                "w", Tensor.ones(2)),
                            Map.of("k", "v"))));
    return Files.readAllBytes(file);
  }

  private CheckpointException refused(byte[] content, String what) throws IOException {
    Files.write(file, content);
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> SafeTensors.open(file).close(), what);
    assertEquals(file, e.file());
    assertTrue(e.getMessage().contains(file.toString()));
    return e;
  }

  @Test
  void everyFlippedBitIsFound() throws IOException {
    byte[] whole = small();
    SafeTensors.open(file).close();
    for (int bit = 0; bit < 8 * whole.length; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      refused(flipped, "bit " + bit);
    }
  }

  @Test
  void everyOtherLengthIsFound() throws IOException {
    byte[] whole = small();
    for (int length = 0; length < whole.length; length++) {
      refused(Arrays.copyOf(whole, length), "length " + length);
    }
    refused(Arrays.copyOf(whole, whole.length + 1), "a byte more");
    refused(Arrays.copyOf(whole, whole.length + 4096), "a page more");
  }

  @Test
  void aHashThatIsGoneIsMissed() throws IOException {
    String text = new String(small(), StandardCharsets.ISO_8859_1);
    assertTrue(text.contains("hypergrad.sha256"));
    for (String key : new String[] {"hypergrad.sha257", "hypergrad.sha"}) {
      String padding = " ".repeat("hypergrad.sha256".length() - key.length());
      String changed = text.replace("\"hypergrad.sha256\"", "\"" + key + "\"" + padding);
      refused(changed.getBytes(StandardCharsets.ISO_8859_1), key);
    }
  }

  @Test
  void aNewerFormatIsRefused() throws IOException {
    String entry = "{\"__metadata__\":{\"hypergrad.format\":\"2\",\"hypergrad.sha256\":\"";
    byte[] header = (entry + "0".repeat(64) + "\"}}").getBytes(StandardCharsets.US_ASCII);
    String hash = new ContentHash(header, entry.length()).digits();
    byte[] right = (entry + hash + "\"}}").getBytes(StandardCharsets.US_ASCII);
    CheckpointException e = refused(content(right, 0), "format 2");
    assertTrue(e.getMessage().contains("format 2"), e.getMessage());
  }

  private static byte[] content(byte[] header, int data) {
    return ByteBuffer.allocate(8 + header.length + data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  private static String tensor(String dtype, String shape, String offsets) {
    return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
  }

  private static String one(String dtype, String shape, String offsets) {
    return "{\"a\":" + tensor(dtype, shape, offsets) + "}";
  }

  /** Header, bytes of data, what the message says. */
  static Stream<Arguments> badHeaders() {
    String a = "\"a\":" + tensor("F32", "[1]", "[0,4]");
    return Stream.of(
        Arguments.of("", 4, "does not begin with {"),
        Arguments.of("[]", 0, "does not begin with {"),
        Arguments.of(" {}", 0, "does not begin with {"),
        Arguments.of("{", 4, "not JSON"),
        Arguments.of("{}}", 0, "not JSON"),
        Arguments.of("{}x", 0, "not JSON"),
        Arguments.of("{\"a\":" + "[".repeat(5000), 0, "not JSON"),
        Arguments.of("{" + a + "," + a + "}", 4, "Duplicate"),
        Arguments.of("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "Duplicate"),
        Arguments.of("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "Duplicate"),
        Arguments.of("{\"__metadata__\":[]}", 0, "__metadata__"),
        Arguments.of("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__"),
        Arguments.of("{\"a\":1}", 0, "a: "),
        Arguments.of("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "a: "),
        Arguments.of("{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "a: "),
        Arguments.of(one("F32", "1", "[0,4]"), 4, "shape"),
        Arguments.of(one("F32", "[-1]", "[0,4]"), 4, "shape"),
        Arguments.of(one("F32", "[1.0]", "[0,4]"), 4, "shape"),
        Arguments.of(one("F32", "[\"1\"]", "[0,4]"), 4, "shape"),
        Arguments.of(one("F32", "[99999999999999999999]", "[0,4]"), 4, "shape"),
        Arguments.of(one("F32", "[4294967296,4294967296]", "[0,4]"), 4, "overflows"),
        Arguments.of(one("F32", "[2]", "[0,4]"), 4, "does not take 4 bytes"),
        Arguments.of(one("F64", "[1]", "[0,4]"), 4, "does not take 4 bytes"),
        Arguments.of(one("F4", "[3]", "[0,1]"), 1, "does not take 1 bytes"),
        Arguments.of(one("F32", "[1]", "[0]"), 4, "data_offsets"),
        Arguments.of(one("F32", "[1]", "[0,4,8]"), 4, "data_offsets"),
        Arguments.of(one("F32", "[1]", "[4,0]"), 4, "data_offsets"),
        Arguments.of(one("F32", "[1]", "[-4,0]"), 4, "data_offsets"),
        Arguments.of(one("F32", "[1]", "[4,8]"), 8, "begins at 4"),
        Arguments.of(one("F32", "[1]", "[0,4]"), 3, "3 are there"),
        Arguments.of(one("F32", "[1]", "[0,4]"), 5, "5 are there"),
        Arguments.of("{}", 1, "1 are there"),
        Arguments.of(
            "{" + a + ",\"b\":" + tensor("F32", "[1]", "[0,4]") + "}", 4, "b: begins at 0"),
        Arguments.of("{" + a + ",\"b\":" + tensor("U8", "[3]", "[3,6]") + "}", 6, "b: begins at 3"),
        Arguments.of(
            "{" + a + ",\"b\":" + tensor("U8", "[1]", "[5,6]") + "}", 6, "b: begins at 5"));
  }

  @ParameterizedTest(name = "{0}, {1} bytes")
  @MethodSource("badHeaders")
  void refusesBadHeadersOfFilesWithoutHash(String header, int data, String says)
      throws IOException {
    byte[] content = content(header.getBytes(StandardCharsets.UTF_8), data);
    CheckpointException e = refused(content, header);
    assertTrue(e.getMessage().contains(says), e.getMessage());
  }

  @Test
  void refusesBytesThatAreNotUtf8() throws IOException {
    byte[] header = "{\"__metadata__\":{\"a\":\"x\"}}".getBytes(StandardCharsets.US_ASCII);
    header[22] = (byte) 0xff;
    assertTrue(refused(content(header, 0), "not UTF-8").getMessage().contains("UTF-8"));
  }

  @Test
  void refusesLengthsThatAreNone() throws IOException {
    for (long length : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 3, 1L << 40}) {
      byte[] content =
          ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
      assertTrue(refused(content, "length " + length).getMessage().contains("header of " + length));
    }
  }

  @Test
  void refusesWhatIsNoFile() {
    CheckpointException missing =
        assertThrows(CheckpointException.class, () -> SafeTensors.open(file));
    assertTrue(missing.getMessage().contains("does not exist"), missing.getMessage());
    CheckpointException directory =
        assertThrows(CheckpointException.class, () -> SafeTensors.open(folder));
    assertTrue(directory.getMessage().contains("is a directory"), directory.getMessage());
  }
}
