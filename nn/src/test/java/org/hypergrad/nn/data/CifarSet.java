package org.hypergrad.nn.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** A small set in the form of CIFAR-10: the i-th file of six has i + 1 records. */
final class CifarSet {
  static final String[] NAMES = {
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
    "test_batch.bin"
  };
  static final int RECORD = 3073;
  static final int TRAIN = 15;
  static final int TEST = 6;

  /** By name. */
  final Map<String, byte[]> files = new LinkedHashMap<>();

  CifarSet() {
    for (int i = 0; i < NAMES.length; i++) {
      byte[][] records = new byte[i + 1][];
      for (int j = 0; j <= i; j++) {
        records[j] = record(label(i, j), 10 * i + j);
      }
      files.put(NAMES[i], concat(records));
    }
  }

  /** The label of a record of a file. */
  static int label(int file, int record) {
    return (3 * file + record) % 10;
  }

  /** Red, green and blue planes of one value each, 70 apart. */
  static byte[] record(int label, int red) {
    byte[] record = new byte[RECORD];
    record[0] = (byte) label;
    for (int i = 1; i < RECORD; i++) {
      record[i] = (byte) (red + 70 * ((i - 1) / 1024));
    }
    return record;
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  static byte[] xz(byte[] content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new XZOutputStream(packed, new LZMA2Options(1))) {
      out.write(content);
    }
    return packed.toByteArray();
  }

  void names(String... lines) {
    files.put("batches.meta.txt", String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
  }

  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (var file : files.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
  }

  /** A tar archive, not packed. */
  byte[] tar() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      tar.putArchiveEntry(new TarArchiveEntry("cifar-10-batches-bin/"));
      tar.closeArchiveEntry();
      entry(tar, "readme.html", new byte[] {'h', 'i'});
      for (var file : files.entrySet()) {
        entry(tar, file.getKey(), file.getValue());
      }
    }
    return bytes.toByteArray();
  }

  private static void entry(TarArchiveOutputStream tar, String name, byte[] content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry("cifar-10-batches-bin/" + name);
    entry.setSize(content.length);
    entry.setModTime(0);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }
}
