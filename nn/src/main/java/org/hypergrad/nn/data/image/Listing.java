package org.hypergrad.nn.data.image;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.hypergrad.nn.data.DataException;

/**
 * The images in some containers: of one after the other, each in the order of its names.
 *
 * @param images of each container
 */
record Listing(List<Container> containers, List<List<Image>> images) {
  /** By Unicode code point, which is also the order of UTF-8's bytes. */
  static final Comparator<String> BY_NAME =
      Comparator.comparing(name -> name.codePoints().toArray(), Arrays::compare);

  private static final List<String> SUFFIXES = List.of(".jpeg", ".jpg", ".png");

  /**
   * An image.
   *
   * @param offset of its first byte in the tar; 0 if it is a file
   */
  record Image(String name, long offset, long bytes) {}

  Listing {
    containers = List.copyOf(containers);
    images = List.copyOf(images);
  }

  /**
   * Reads names and sizes: of a tar its headers alone.
   *
   * @throws DataException if a tar is damaged
   */
  static Listing of(Path root, List<String> containers) throws IOException {
    List<Container> found = new ArrayList<>();
    List<List<Image>> images = new ArrayList<>();
    for (String name : containers) {
      // Ahead of the names: a change in between is then seen the next time.
      Container container = Container.of(root, name);
      Path path = root.resolve(name);
      List<Image> inside = container.isTar() ? inTar(path) : inFolder(path);
      inside.sort(Comparator.comparing(Image::name, BY_NAME));
      found.add(container);
      images.add(List.copyOf(inside));
    }
    return new Listing(found, images);
  }

  private static List<Image> inFolder(Path folder) throws IOException {
    List<Image> images = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (isImage(name) && Files.isRegularFile(file)) {
          images.add(new Image(name, 0, Files.size(file)));
        }
      }
    }
    return images;
  }

  private static List<Image> inTar(Path tar) {
    List<Image> images = new ArrayList<>();
    try (TarFile file = new TarFile(tar)) {
      for (TarArchiveEntry entry : file.getEntries()) {
        String name = entry.getName();
        if (entry.isFile() && isImage(name.substring(name.lastIndexOf('/') + 1))) {
          images.add(new Image(name, entry.getDataOffset(), entry.getSize()));
        }
      }
    } catch (IOException failure) {
      throw new DataException(
          tar.toString(),
          "cannot be read as a tar",
          failure.toString(),
          "a tar that is whole and not packed",
          "",
          failure);
    }
    return images;
  }

  /** By its suffix, in small letters or capitals; hidden files are none. */
  static boolean isImage(String name) {
    String small = name.toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && SUFFIXES.stream().anyMatch(small::endsWith);
  }

  /** Names of the containers that are not as they were. */
  List<String> changed(Path root) {
    return containers.stream().filter(c -> !c.isCurrent(root)).map(Container::name).toList();
  }
}
