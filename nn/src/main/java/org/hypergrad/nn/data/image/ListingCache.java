package org.hypergrad.nn.data.image;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.hypergrad.nn.data.image.Listing.Image;

/**
 * Keeps listings in files, as a set of a million images takes long to list. A listing is used again
 * if it is of the same containers and none of them has changed; a log line names those that have.
 *
 * @param places files that may keep it, the best first
 */
record ListingCache(List<Path> places) {
  private static final System.Logger LOG = System.getLogger("hypergrad.data");
  private static final String FORMAT = "hypergrad image index 1";

  /** Beside the folder, or if that cannot be written, in the user's folder for caches. */
  static ListingCache of(Path root) {
    Path absolute = root.toAbsolutePath().normalize();
    String name = absolute.getFileName() + ".index";
    String configured = System.getenv("XDG_CACHE_HOME");
    Path caches =
        configured == null || configured.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(configured);
    UUID place = UUID.nameUUIDFromBytes(absolute.toString().getBytes(StandardCharsets.UTF_8));
    return new ListingCache(
        List.of(
            absolute.resolveSibling("." + name),
            caches.resolve("hypergrad").resolve(place + "-" + name)));
  }

  /** The listing of these containers: a kept one if it is right, or else a new one. */
  Listing get(Path root, List<String> containers) throws IOException {
    for (Path place : places) {
      Listing kept = Files.exists(place) ? read(place, root) : null;
      if (kept != null && isCurrent(kept, root, containers)) {
        return kept;
      }
    }
    Listing listing = Listing.of(root, containers);
    keep(listing, root);
    return listing;
  }

  private static boolean isCurrent(Listing kept, Path root, List<String> containers) {
    List<String> changed = new ArrayList<>(kept.changed(root));
    List<String> before = kept.containers().stream().map(Container::name).toList();
    containers.stream().filter(name -> !before.contains(name)).forEach(changed::add);
    before.stream()
        .filter(name -> !containers.contains(name) && !changed.contains(name))
        .forEach(changed::add);
    if (!changed.isEmpty()) {
      LOG.log(Level.INFO, "{0}: listed anew, as these have changed: {1}", root, changed);
    }
    return changed.isEmpty();
  }

  private void keep(Listing listing, Path root) {
    IOException last = null;
    for (Path place : places) {
      try {
        write(listing, root, place);
        if (last != null) {
          LOG.log(Level.INFO, "{0}: the list of its images is kept in {1}: {2}", root, place, last);
        }
        return;
      } catch (IOException unwritable) {
        last = unwritable;
      }
    }
    LOG.log(Level.WARNING, "{0}: the list of its images cannot be kept: {1}", root, last);
  }

  /** Under another name first, so that there is never a part of it. */
  private static void write(Listing listing, Path root, Path place) throws IOException {
    Files.createDirectories(place.getParent());
    Path temporary = Files.createTempFile(place.getParent(), ".index", ".tmp");
    try {
      try (var out =
          new DataOutputStream(
              new BufferedOutputStream(new GZIPOutputStream(Files.newOutputStream(temporary))))) {
        write(listing, root, out);
      }
      Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void write(Listing listing, Path root, DataOutputStream out) throws IOException {
    out.writeUTF(FORMAT);
    out.writeUTF(root.toAbsolutePath().normalize().toString());
    out.writeInt(listing.containers().size());
    for (int i = 0; i < listing.containers().size(); i++) {
      Container container = listing.containers().get(i);
      out.writeUTF(container.name());
      out.writeBoolean(container.isTar());
      out.writeLong(container.bytes());
      out.writeLong(container.modified());
      out.writeInt(listing.images().get(i).size());
      for (Image image : listing.images().get(i)) {
        out.writeUTF(image.name());
        out.writeLong(image.offset());
        out.writeLong(image.bytes());
      }
    }
  }

  /** A kept listing; null if it is another folder's or cannot be read. */
  private static Listing read(Path place, Path root) {
    try (var in =
        new DataInputStream(
            new BufferedInputStream(new GZIPInputStream(Files.newInputStream(place))))) {
      if (!in.readUTF().equals(FORMAT)
          || !in.readUTF().equals(root.toAbsolutePath().normalize().toString())) {
        return null;
      }
      Listing listing = read(in);
      // The end of a packed file checks all of it.
      return in.read() < 0 ? listing : null;
    } catch (IOException damaged) {
      LOG.log(Level.INFO, "{0}: made anew, as it cannot be read: {1}", place, damaged);
      return null;
    }
  }

  private static Listing read(DataInputStream in) throws IOException {
    int count = in.readInt();
    List<Container> containers = new ArrayList<>();
    List<List<Image>> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      containers.add(new Container(in.readUTF(), in.readBoolean(), in.readLong(), in.readLong()));
      int inside = in.readInt();
      List<Image> list = new ArrayList<>();
      for (int k = 0; k < inside; k++) {
        list.add(new Image(in.readUTF(), in.readLong(), in.readLong()));
      }
      images.add(List.copyOf(list));
    }
    return new Listing(containers, images);
  }
}
