package org.hypergrad.nn.data.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * A folder or a tar that holds images, as it was when they were listed.
 *
 * @param name within the folder that the whole set is in; empty for that folder itself
 * @param bytes of the tar; 0 for a folder
 * @param modified nanoseconds since 1970: a folder changes with the names in it
 */
record Container(String name, boolean isTar, long bytes, long modified) {
  static final String TAR = ".tar";

  static Container of(Path root, String name) throws IOException {
    Path path = root.resolve(name);
    BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
    boolean tar = !now.isDirectory();
    long modified = now.lastModifiedTime().to(TimeUnit.NANOSECONDS);
    return new Container(name, tar, tar ? now.size() : 0, modified);
  }

  /** The class of its images, where each container is one. */
  String className() {
    return isTar ? name.substring(0, name.length() - TAR.length()) : name;
  }

  /** Whether it is still there, and as it was. */
  boolean isCurrent(Path root) {
    try {
      return equals(of(root, name));
    } catch (IOException _) {
      return false;
    }
  }
}
