package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedistLibrariesTest {
  private static final List<String> NAMES = List.of("libfirst.so.1", "libsecond.so.2");

  @TempDir private Path folder;

  /** A jar with a library of this content under each name. */
  private Path jar(String name, String content, List<String> names) throws IOException {
    Path jar = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out)) {
      for (String library : names) {
        entries.putNextEntry(new ZipEntry("org/bytedeco/cuda/linux-x86_64/" + library));
        entries.write((library + content).getBytes(StandardCharsets.UTF_8));
      }
    }
    return jar;
  }

  private List<Path> unpack(Path jar, Path cache) throws IOException {
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
      return new RedistLibraries(loader, cache).unpack(NAMES);
    }
  }

  @Test
  void withoutTheJarThereIsNothing() throws IOException {
    Path other = jar("other.jar", "", List.of("libother.so.1"));
    assertEquals(List.of(), unpack(other, folder.resolve("cache")));
    assertTrue(Files.notExists(folder.resolve("cache")));
  }

  @Test
  void filesAreUnpackedOnceWhateverTheFolderIsCalled() throws IOException {
    Path cache = folder.resolve("a b!#\u00fc");
    Path jar = jar("with space!#\u00fc.jar", " 1", NAMES);
    List<Path> files = unpack(jar, cache);
    assertEquals(NAMES, files.stream().map(f -> f.getFileName().toString()).toList());
    assertEquals(files.getFirst().getParent(), files.getLast().getParent());
    FileTime longAgo = FileTime.fromMillis(0);
    for (Path file : files) {
      assertEquals(file.getFileName() + " 1", Files.readString(file));
      Files.setLastModifiedTime(file, longAgo);
    }
    assertEquals(files, unpack(jar, cache));
    for (Path file : files) {
      assertEquals(longAgo, Files.getLastModifiedTime(file));
    }
  }

  @Test
  void anotherVersionLiesInAnotherFolder() throws IOException {
    Path first = unpack(jar("1.jar", " 1", NAMES), folder).getFirst();
    Path second = unpack(jar("2.jar", " 2", NAMES), folder).getFirst();
    assertEquals("libfirst.so.1 1", Files.readString(first));
    assertEquals("libfirst.so.1 2", Files.readString(second));
  }

  @Test
  void aFileThatWasCutIsUnpackedAgain() throws IOException {
    Path jar = jar("1.jar", " 1", NAMES);
    Path file = unpack(jar, folder).getLast();
    Files.writeString(file, "lib");
    assertEquals("libsecond.so.2 1", Files.readString(unpack(jar, folder).getLast()));
  }

  @Test
  void manyAtOnceGiveOneWholeFile() throws IOException {
    Path jar = jar("1.jar", "x".repeat(1 << 20), NAMES);
    List<List<Path>> all =
        IntStream.range(0, 8).parallel().mapToObj(i -> unpackUnchecked(jar)).toList();
    assertEquals(1, all.stream().distinct().count());
    try (Stream<Path> files = Files.list(all.getFirst().getFirst().getParent())) {
      assertEquals(NAMES, files.map(f -> f.getFileName().toString()).sorted().toList());
    }
  }

  private List<Path> unpackUnchecked(Path jar) {
    try {
      return unpack(jar, folder);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Test
  void whatIsMissingOrDamagedIsNamedAndNotKept() throws IOException {
    Path half = jar("half.jar", "", NAMES.subList(0, 1));
    IOException missing = assertThrows(IOException.class, () -> unpack(half, folder));
    assertTrue(missing.getMessage().contains("libsecond.so.2 in " + half), missing.getMessage());

    Path damaged = folder.resolve("damaged.jar");
    byte[] bytes = Files.readAllBytes(stored());
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    bytes[text.indexOf("CONTENT")] = 'X';
    Files.write(damaged, bytes);
    Path cache = folder.resolve("cache");
    IOException damage = assertThrows(IOException.class, () -> unpack(damaged, cache));
    assertTrue(damage.getMessage().contains("damaged.jar is damaged"), damage.getMessage());
    try (Stream<Path> files = Files.walk(cache)) {
      assertEquals(0, files.filter(Files::isRegularFile).count());
    }
  }

  /** A jar whose bytes can be read as they are. */
  private Path stored() throws IOException {
    Path jar = folder.resolve("stored.jar");
    byte[] content = "CONTENT".getBytes(StandardCharsets.UTF_8);
    CRC32 sum = new CRC32();
    sum.update(content);
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out)) {
      for (String library : NAMES) {
        ZipEntry entry = new ZipEntry("org/bytedeco/cuda/linux-x86_64/" + library);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(sum.getValue());
        entries.putNextEntry(entry);
        entries.write(content);
      }
    }
    return jar;
  }
}
