package org.hypergrad.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * NVIDIA's libraries out of a jar on the class path, for a machine that has the driver alone. The
 * Maven profile {@code cuda-redist} puts that jar there.
 *
 * <p>They are unpacked once, all into one folder, where they find each other. The folder's name is
 * made of their checksums, so that another version lies beside and not above. A file appears there
 * whole and checked, or not at all; processes that unpack at the same time do no harm.
 */
final class RedistLibraries {
  private static final System.Logger LOG = System.getLogger("org.hypergrad");
  private static final String ENTRIES = "org/bytedeco/cuda/linux-x86_64/";

  private final ClassLoader loader;
  private final Path cache;

  /** Libraries among the resources of a loader, for a cache folder. */
  RedistLibraries(ClassLoader loader, Path cache) {
    this.loader = loader;
    this.cache = cache;
  }

  /** Those on the class path, for {@code ~/.cache/hypergrad} or what {@code XDG_CACHE_HOME} has. */
  static RedistLibraries onTheClassPath() {
    String caches = System.getenv("XDG_CACHE_HOME");
    Path cache =
        caches == null || caches.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(caches);
    return new RedistLibraries(RedistLibraries.class.getClassLoader(), cache.resolve("hypergrad"));
  }

  /**
   * Unpacks files that are not unpacked yet.
   *
   * @param names of the files
   * @return where they lie, in the same order; empty if there is no such jar
   * @throws IOException if the jar lacks one or is damaged, or if the cache cannot be written
   */
  List<Path> unpack(List<String> names) throws IOException {
    URL first = loader.getResource(ENTRIES + names.getFirst());
    if (first == null) {
      return List.of();
    }
    JarURLConnection connection = (JarURLConnection) first.openConnection();
    connection.setUseCaches(false);
    try (JarFile jar = connection.getJarFile()) {
      List<JarEntry> entries = new ArrayList<>();
      for (String name : names) {
        JarEntry entry = jar.getJarEntry(ENTRIES + name);
        if (entry == null) {
          throw new IOException("no " + ENTRIES + name + " in " + jar.getName());
        }
        entries.add(entry);
      }
      return unpack(jar, entries);
    }
  }

  private List<Path> unpack(JarFile jar, List<JarEntry> entries) throws IOException {
    Path folder = Files.createDirectories(cache.resolve(version(entries)));
    List<Path> files = new ArrayList<>();
    boolean said = false;
    for (JarEntry entry : entries) {
      Path file = folder.resolve(entry.getName().substring(ENTRIES.length()));
      if (!Files.exists(file) || Files.size(file) != entry.getSize()) {
        if (!said) {
          LOG.log(System.Logger.Level.INFO, "unpacking {0} into {1}, once", jar.getName(), folder);
          said = true;
        }
        unpack(jar, entry, file);
      }
      files.add(file);
    }
    return files;
  }

  /** Differs where a file does. */
  private static String version(List<JarEntry> entries) {
    CRC32 sum = new CRC32();
    entries.forEach(e -> sum.update((e.getName() + e.getCrc()).getBytes()));
    return "cuda-%08x".formatted(sum.getValue());
  }

  private static void unpack(JarFile jar, JarEntry entry, Path file) throws IOException {
    Path part = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".part");
    try {
      CRC32 sum = new CRC32();
      try (InputStream bytes = new CheckedInputStream(jar.getInputStream(entry), sum)) {
        Files.copy(bytes, part, StandardCopyOption.REPLACE_EXISTING);
      }
      if (sum.getValue() != entry.getCrc()) {
        throw new IOException(entry.getName() + " in " + jar.getName() + " is damaged");
      }
      move(part, file);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static void move(Path part, Path file) throws IOException {
    try {
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException unusual) {
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
