package org.hypergrad.nn.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The files of CIFAR-10's binary version: in a folder, or in the archive that they come in. */
final class CifarFiles {
  static final String ARCHIVE = "cifar-10-binary.tar.gz";

  private static final String FOLDER = "cifar-10-batches-bin";
  private static final String NAMES = "batches.meta.txt";
  private static final String TEST = "test_batch.bin";
  private static final List<String> TRAIN =
      Stream.of(1, 2, 3, 4, 5).map(i -> "data_batch_" + i + ".bin").toList();

  /** Records in each file of the whole set. */
  private static final int WHOLE = 10_000;

  /** SHA-256 of the whole set's files, unpacked. */
  private static final Map<String, String> SUMS =
      Map.of(
          "data_batch_1.bin",
          "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
          "data_batch_2.bin",
          "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
          "data_batch_3.bin",
          "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
          "data_batch_4.bin",
          "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
          "data_batch_5.bin",
          "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
          TEST,
          "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b");

  private static final List<String> SUFFIXES = List.of("", ".gz", ".xz");

  private final String source;
  private final Map<String, CifarRecords.Part> parts = new HashMap<>();
  private List<String> classes = Cifar10.STANDARD_NAMES;

  private CifarFiles(Path source) {
    this.source = source.toString();
  }

  /** Reads a folder or an archive. */
  static Cifar10 read(Path path) {
    CifarFiles files = new CifarFiles(path);
    try {
      if (Files.isDirectory(path)) {
        files.folder(path);
      } else {
        files.archive(path);
      }
    } catch (IOException cause) {
      throw new DataException(
          path.toString(),
          Files.exists(path) ? "cannot be read" : "does not exist",
          cause.toString(),
          "a folder with the files of CIFAR-10's binary version, or " + ARCHIVE,
          "",
          cause);
    }
    return files.complete();
  }

  private void folder(Path folder) throws IOException {
    Path inner = folder.resolve(FOLDER);
    Path archive = folder.resolve(ARCHIVE);
    if (files(folder).isEmpty() && !files(inner).isEmpty()) {
      folder(inner);
    } else if (files(folder).isEmpty() && Files.exists(archive)) {
      archive(archive);
    } else {
      for (Path file : files(folder)) {
        try (InputStream in = Files.newInputStream(file)) {
          take(withoutSuffix(file), file.toString(), in);
        }
      }
      Path names = folder.resolve(NAMES);
      if (Files.exists(names)) {
        takeNames(names.toString(), Files.readAllBytes(names));
      }
    }
  }

  /** The files of records that are there. */
  private static List<Path> files(Path folder) {
    List<Path> files = new ArrayList<>();
    for (String name : names()) {
      SUFFIXES.stream()
          .map(suffix -> folder.resolve(name + suffix))
          .filter(Files::exists)
          .findFirst()
          .ifPresent(files::add);
    }
    return files;
  }

  private static List<String> names() {
    return Stream.concat(TRAIN.stream(), Stream.of(TEST)).toList();
  }

  private static String withoutSuffix(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.indexOf(".bin") + ".bin".length());
  }

  private void archive(Path file) throws IOException {
    try (InputStream raw = Files.newInputStream(file);
        InputStream unpacked = Packed.unpack(raw);
        TarArchiveInputStream tar = new TarArchiveInputStream(unpacked)) {
      for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
        String name = e.getName().substring(e.getName().lastIndexOf('/') + 1);
        if (names().contains(name)) {
          take(name, file + "!" + e.getName(), tar);
        } else if (name.equals(NAMES)) {
          takeNames(file + "!" + e.getName(), tar.readAllBytes());
        }
      }
      // Only at its very end does the packing tell whether all of it was right.
      unpacked.transferTo(OutputStream.nullOutputStream());
    }
  }

  private void take(String name, String from, InputStream in) {
    CifarRecords.Part part = CifarRecords.read(from, in);
    if (part.records().size() == WHOLE) {
      checkSum(part, SUMS.get(name));
    }
    parts.put(name, part);
  }

  /** A pixel that has changed shows nowhere else. */
  private static void checkSum(CifarRecords.Part part, String expected) {
    MessageDigest digest = Sha256.digest();
    part.records().forEach(digest::update);
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(expected)) {
      throw new DataException(
          part.source(),
          "is damaged, or not of CIFAR-10",
          WHOLE + " records with SHA-256 " + found,
          "CIFAR-10's " + WHOLE + " records with SHA-256 " + expected + ", or a part of them",
          "fetch it again",
          null);
    }
  }

  private void takeNames(String from, byte[] content) {
    List<String> lines =
        new String(content, StandardCharsets.UTF_8)
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .toList();
    if (lines.size() != Cifar10.CLASSES) {
      throw new DataException(
          from,
          "number of class names differs from that of the classes",
          lines.size() + " names",
          Cifar10.CLASSES + " names, one a line",
          "",
          null);
    }
    classes = lines;
  }

  private Cifar10 complete() {
    List<String> missing = names().stream().filter(name -> !parts.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new DataException(
          source,
          "files are missing",
          "no " + String.join(", no ", missing),
          "each of these, plain or .gz or .xz, or " + ARCHIVE,
          "take CIFAR-10's binary version, or name the folder that has it",
          null);
    }
    return new Cifar10(
        new CifarRecords(TRAIN.stream().map(parts::get).toList()),
        new CifarRecords(List.of(parts.get(TEST))),
        classes);
  }
}
