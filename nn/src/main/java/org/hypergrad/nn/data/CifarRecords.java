package org.hypergrad.nn.data;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Spec;

/**
 * Images in memory, as the records of CIFAR-10's binary version: a byte for the label, then 1,024
 * for red, green and blue each, row by row.
 */
final class CifarRecords implements Dataset {
  static final int CHANNELS = 3;
  static final int EXTENT = 32;
  static final int PLANE = EXTENT * EXTENT;
  static final int PIXELS = CHANNELS * PLANE;
  static final int RECORD = 1 + PIXELS;

  private final List<Part> parts;
  private final byte[][] records;

  /**
   * Records of one file.
   *
   * @param source what to call it in messages
   */
  record Part(String source, List<byte[]> records) {
    Part {
      records = List.copyOf(records);
    }
  }

  CifarRecords(List<Part> parts) {
    this.parts = List.copyOf(parts);
    this.records = parts.stream().flatMap(p -> p.records.stream()).toArray(byte[][]::new);
  }

  /**
   * Reads a file to its end; the caller closes the stream.
   *
   * @param in plain, or packed by gzip or xz
   * @throws DataException if the file has no record, ends within one, is damaged, or has a label
   *     out of range
   */
  static Part read(String source, InputStream in) {
    List<byte[]> records = new ArrayList<>();
    try {
      InputStream unpacked = Packed.unpack(in);
      byte[] record = unpacked.readNBytes(RECORD);
      while (record.length == RECORD) {
        checkLabel(source, record, records.size());
        records.add(record);
        record = unpacked.readNBytes(RECORD);
      }
      checkEnd(source, records.size(), record.length);
    } catch (IOException cause) {
      throw new DataException(
          source,
          "is damaged or cut short",
          "after " + records.size() + " whole records, byte " + end(records.size()) + ": " + cause,
          "records of " + RECORD + " bytes, plain or packed by gzip or xz",
          "fetch it again",
          cause);
    }
    return new Part(source, records);
  }

  private static long end(int records) {
    return (long) records * RECORD;
  }

  private static void checkLabel(String source, byte[] record, int number) {
    int label = Byte.toUnsignedInt(record[0]);
    if (label >= Cifar10.CLASSES) {
      throw new DataException(
          source,
          "label out of range",
          "label " + label + " of record " + number + ", at byte " + end(number),
          "a label in [0, " + Cifar10.CLASSES + ")",
          "is it a file of CIFAR-10's binary version?",
          null);
    }
  }

  private static void checkEnd(String source, int records, int rest) {
    if (records == 0 || rest > 0) {
      throw new DataException(
          source,
          rest > 0 ? "ends within a record" : "is empty",
          end(records) + rest + " bytes: " + records + " whole records and " + rest + " bytes more",
          "a multiple of " + RECORD + " bytes",
          "fetch it again",
          null);
    }
  }

  @Override
  public int size() {
    return records.length;
  }

  @Override
  public Spec input() {
    return Spec.of(DType.UINT8, CHANNELS, EXTENT, EXTENT);
  }

  @Override
  public Spec target() {
    return Spec.of(DType.INT32);
  }

  @Override
  public void read(int index, RandomGenerator random, MemorySegment input, MemorySegment target) {
    byte[] record = records[index];
    MemorySegment.copy(record, 1, input, ValueLayout.JAVA_BYTE, 0, PIXELS);
    target.set(ValueLayout.JAVA_INT, 0, record[0]);
  }

  @Override
  public String describe(int index) {
    int number = index;
    for (Part part : parts) {
      if (number < part.records.size()) {
        return "record " + number + " of " + part.source;
      }
      number -= part.records.size();
    }
    throw new IndexOutOfBoundsException(index);
  }
}
