package org.hypergrad.nn.data.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Small images for tests. */
final class ImageFiles {
  private ImageFiles() {}

  /** A PNG of 8 x 6 pixels of one gray, so that it can be told from others. */
  static byte[] gray(int value) throws IOException {
    BufferedImage image = new BufferedImage(8, 6, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 48; i++) {
      image.setRGB(i % 8, i / 8, value << 16 | value << 8 | value);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  static void write(Path file, byte[] content) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  /** A tar of these members, in the opposite of their names' order. */
  static void tar(Path file, Map<String, byte[]> members) throws IOException {
    Files.createDirectories(file.getParent());
    try (var out = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      for (var member : new TreeMap<>(members).descendingMap().entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(member.getKey());
        entry.setSize(member.getValue().length);
        out.putArchiveEntry(entry);
        out.write(member.getValue());
        out.closeArchiveEntry();
      }
    }
  }
}
