package org.hypergrad.nn.save;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DTypeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsTest {
  /** Quiet and signalling NaNs with payloads, both zeros, subnormals, infinities. */
  private static final int[] ODD_BITS = {
    0x7fc00000,
    0x7fc12345,
    0xffc54321,
    0x7f800001,
    0xff812345,
    0x80000000,
    0,
    1,
    0x807fffff,
    0x7f800000,
    0xff800000,
    0x3f800001
  };

  @TempDir Path folder;

  private static Tensor floats(int[] bits, long... extents) {
    float[] values = new float[bits.length];
    for (int i = 0; i < bits.length; i++) {
      values[i] = Float.intBitsToFloat(bits[i]);
    }
    return Tensor.of(values, extents);
  }

  private static int[] bits(Tensor tensor) {
    float[] values = tensor.toFloats();
    return IntStream.range(0, values.length).map(i -> Float.floatToRawIntBits(values[i])).toArray();
  }

  private static void on(Device device, Runnable body) {
    device.run(() -> Scope.run(body));
  }

  private void roundTrip(Path file) {
    Map<String, Tensor> tensors = new TreeMap<>();
    tensors.put("odd", floats(ODD_BITS, 3, 4));
    tensors.put("turned", floats(ODD_BITS, 3, 4).transpose());
    tensors.put("part", floats(ODD_BITS, 12).slice(0, 1, 12, 3));
    tensors.put("scalar", Tensor.scalar(2.5f));
    tensors.put("empty", Tensor.zeros(0, 3));
    tensors.put("ints", Tensor.of(new int[] {Integer.MIN_VALUE, -1, 7}, 3));
    tensors.put("größe \"x\"\\\n☃", Tensor.of(new byte[] {0, -1, 127, -128, 5}, 5));
    Map<String, String> texts = Map.of("ключ", "a \"b\" \\ \n ☃", "hypergrad", "");
    SafeTensors.write(file, tensors, texts);
    try (SafeTensors in = SafeTensors.open(file)) {
      assertEquals(tensors.keySet(), new TreeSet<>(in.names()));
      assertEquals(texts, in.metadata());
      assertTrue(in.isHashed());
      tensors.forEach(
          (name, expected) -> {
            Tensor actual = in.tensor(name);
            assertEquals(expected.spec(), actual.spec(), name);
            assertEquals(expected.device(), actual.device(), name);
            assertArrayEquals(
                expected.dtype() == DType.FLOAT32 ? bits(expected) : expected.toInts(),
                actual.dtype() == DType.FLOAT32 ? bits(actual) : actual.toInts(),
                name);
          });
    }
  }

  @Test
  void everyBitComesBackOnTheReference() {
    on(Device.reference(), () -> roundTrip(folder.resolve("a.safetensors")));
  }

  @Test
  void everyBitComesBackOnTheCpu() {
    on(Device.cpu(), () -> roundTrip(folder.resolve("a.safetensors")));
  }

  @Test
  void namesOfFilesMayBeOdd() throws IOException {
    Path odd = Files.createDirectory(folder.resolve("# 50% !über ☃"));
    on(Device.reference(), () -> roundTrip(odd.resolve("a b#c!d?é.safetensors")));
    on(Device.reference(), () -> roundTrip(Path.of("target", "relative.safetensors")));
    Files.delete(Path.of("target", "relative.safetensors"));
  }

  @Test
  void doublesComeBackAndAreRefusedWhereThereAreNone() {
    Path file = folder.resolve("a.safetensors");
    double[] values = {Double.longBitsToDouble(0x7ff0000000000001L), -0.0, Double.MIN_VALUE};
    on(
        Device.reference(),
        () -> {
          SafeTensors.write(file, Map.of("d", Tensor.of(values, 3)), Map.of());
          try (SafeTensors in = SafeTensors.open(file)) {
            double[] read = in.tensor("d").toDoubles();
            for (int i = 0; i < read.length; i++) {
              assertEquals(
                  Double.doubleToRawLongBits(values[i]), Double.doubleToRawLongBits(read[i]));
            }
          }
        });
    on(
        Device.cpu(),
        () -> {
          try (SafeTensors in = SafeTensors.open(file)) {
            assertThrows(DTypeException.class, () -> in.tensor("d"));
            assertEquals(-0f, in.tensor("d", DType.FLOAT32).get(1));
          }
        });
  }

  @Test
  void largeTensorsAreWrittenInParts() {
    Path file = folder.resolve("a.safetensors");
    on(
        Device.cpu(),
        () -> {
          Tensor x = Tensor.arange(0, 1, (1 << 19) + 6, DType.FLOAT32).reshape(2, -1);
          SafeTensors.write(file, Map.of("x", x, "t", x.transpose()), Map.of());
          try (SafeTensors in = SafeTensors.open(file)) {
            assertArrayEquals(x.toFloats(), in.tensor("x").toFloats());
            assertArrayEquals(x.toFloats(), in.tensor("t").transpose().toFloats());
          }
        });
  }

  @Test
  void anotherReaderFindsWhatTheFormatSays() {
    Path file = folder.resolve("a.safetensors");
    on(
        Device.reference(),
        () -> {
          new SafeTensorsWriter()
              .tensor("b", floats(ODD_BITS, 4, 3))
              .tensor("a", Tensor.of(new byte[] {1, 2, 3}, 3))
              .tensor("d", Tensor.of(new double[] {.5}))
              .tensor("c", Tensor.zeros(2, 0))
              .counter("steps", Long.MIN_VALUE + 3)
              .longs("pair", 1, 2)
              .metadata("who", "me")
              .write(file);
          try {
            PlainReader plain = new PlainReader(file);
            assertEquals(List.of("d", "pair", "steps", "b", "c", "a"), plain.names);
            assertEquals("F32[4,3]", plain.spec("b"));
            assertEquals("F32[2,0]", plain.spec("c"));
            assertEquals("U8[3]", plain.spec("a"));
            assertEquals("F64[]", plain.spec("d"));
            assertEquals("I64[]", plain.spec("steps"));
            assertEquals("I64[2]", plain.spec("pair"));
            assertArrayEquals(ODD_BITS, plain.ints("b"));
            assertEquals(Long.MIN_VALUE + 3, plain.firstLong("steps"));
            assertEquals("me", plain.text("who"));
            assertEquals(64, plain.text("hypergrad.sha256").length());
          } catch (IOException failure) {
            throw new AssertionError(failure);
          }
        });
  }

  @Test
  void equalContentGivesEqualBytes() throws IOException {
    Path a = folder.resolve("a.safetensors");
    Path b = folder.resolve("b.safetensors");
    on(
        Device.reference(),
        () -> {
          Map<String, Tensor> one = Map.of("x", Tensor.ones(2), "y", Tensor.ones(3));
          SafeTensors.write(a, one, Map.of("k", "v", "l", "w"));
          SafeTensors.write(b, new TreeMap<>(one).descendingMap(), Map.of("l", "w", "k", "v"));
        });
    assertArrayEquals(Files.readAllBytes(a), Files.readAllBytes(b));
  }

  @Test
  void emptyFilesAreFiles() {
    Path file = folder.resolve("a.safetensors");
    SafeTensors.write(file, Map.of(), Map.of());
    try (SafeTensors in = SafeTensors.open(file)) {
      assertTrue(in.names().isEmpty() && in.metadata().isEmpty());
    }
  }

  @Test
  void textsThatLookLikeTheHashDoNotTakeItsPlace() {
    Path file = folder.resolve("a.safetensors");
    String trap = "\"hypergrad.sha256\":\"" + "0".repeat(64) + "\"";
    SafeTensors.write(file, Map.of(), Map.of("a", trap, "b", "0".repeat(64)));
    try (SafeTensors in = SafeTensors.open(file)) {
      assertEquals(Map.of("a", trap, "b", "0".repeat(64)), in.metadata());
    }
  }

  @Test
  void namesAreTakenOnce() {
    SafeTensorsWriter writer = new SafeTensorsWriter().counter("a", 1);
    assertThrows(ArgumentException.class, () -> writer.counter("a", 2));
    assertThrows(ArgumentException.class, () -> writer.counter("__metadata__", 2));
    assertThrows(ArgumentException.class, () -> writer.metadata("hypergrad.sha256", ""));
    assertThrows(ArgumentException.class, () -> writer.metadata("hypergrad.format", ""));
  }

  private Path foreign() throws IOException {
    Path file = folder.resolve("foreign.safetensors");
    try (InputStream in = getClass().getResourceAsStream("foreign.safetensors")) {
      Files.copy(in, file);
    }
    return file;
  }

  @Test
  void readsWhatOtherProgramsWrote() throws IOException {
    JsonNode torch;
    try (InputStream in = getClass().getResourceAsStream("foreign.json")) {
      torch = new ObjectMapper().readTree(in);
    }
    Path file = foreign();
    on(
        Device.reference(),
        () -> {
          try (SafeTensors in = SafeTensors.open(file)) {
            assertFalse(in.isHashed());
            assertEquals(Map.of("format", "pt", "schön", "☃"), in.metadata());
            for (String name : List.of("half", "brain")) {
              int[] expected = new int[torch.get(name).size()];
              Arrays.setAll(expected, i -> torch.get(name).get(i).intValue());
              assertArrayEquals(expected, bits(in.tensor(name)), name);
            }
            assertEquals("float32[2, 5]", in.tensor("half").spec().toString());
            assertArrayEquals(new double[] {.1, -1e300}, in.tensor("double").toDoubles());
            assertArrayEquals(new long[] {123456}, in.longs("num_batches_tracked"));
            assertEquals("int32[]", in.tensor("num_batches_tracked").spec().toString());
            assertEquals(123456, in.tensor("num_batches_tracked").item());
            assertArrayEquals(new long[] {1L << 40, -5}, in.longs("large"));
            assertArrayEquals(new float[] {1.5f, -0f, 3e38f}, in.tensor("single").toFloats());
            assertArrayEquals(new int[] {-7, Integer.MAX_VALUE}, in.tensor("ints").toInts());
            assertArrayEquals(new int[] {0, 255}, in.tensor("bytes").toInts());
            assertEquals("uint8[3]", in.tensor("flags").spec().toString());
            assertArrayEquals(new int[] {1, 0, 1}, in.tensor("flags").toInts());
            assertEquals(0, in.tensor("none").count());
          }
        });
  }

  @Test
  void refusesByNameWhatCannotBeRead() throws IOException {
    Path file = foreign();
    on(
        Device.reference(),
        () -> {
          try (SafeTensors in = SafeTensors.open(file)) {
            for (String name : List.of("shorts", "future", "nine", "large", "absent")) {
              CheckpointException e =
                  assertThrows(CheckpointException.class, () -> in.tensor(name));
              assertTrue(e.getMessage().contains(name), e.getMessage());
              assertEquals(file, e.file());
            }
            assertThrows(CheckpointException.class, () -> in.longs("single"));
            assertThrows(CheckpointException.class, () -> in.tensor("ints", DType.FLOAT32));
            assertThrows(CheckpointException.class, () -> in.tensor("single", DType.INT32));
          }
        });
  }
}
