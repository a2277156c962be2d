package org.hypergrad.nn.data.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.nn.data.DataException;
import org.hypergrad.nn.data.image.Listing.Image;

/**
 * Where each image of a set lies, and its class. Made by {@link ImageFolder}; does not change, and
 * is safe for use by several threads.
 */
public final class ImageIndex {
  private final Path root;
  private final List<String> classes;
  private final List<Container> containers;

  /** All images, and of each its container and its label. */
  private final List<Image> images;

  private final int[] containerOf;
  private final int[] labels;

  /** Images of containers, with a label for each of all images in their order. */
  ImageIndex(Path root, List<String> classes, Listing listing, int[] labels) {
    this.root = root;
    this.classes = List.copyOf(classes);
    this.containers = listing.containers();
    this.images = new ArrayList<>();
    this.containerOf = new int[labels.length];
    this.labels = labels;
    for (int i = 0; i < containers.size(); i++) {
      for (Image image : listing.images().get(i)) {
        containerOf[images.size()] = i;
        images.add(image);
      }
    }
  }

  private ImageIndex(
      Path root,
      List<String> classes,
      List<Container> containers,
      List<Image> images,
      int[] containerOf,
      int[] labels) {
    this.root = root;
    this.classes = classes;
    this.containers = containers;
    this.images = images;
    this.containerOf = containerOf;
    this.labels = labels;
  }

  /** These images alone, in this order. */
  ImageIndex only(int... indices) {
    return new ImageIndex(
        root,
        classes,
        containers,
        Arrays.stream(indices).mapToObj(images::get).toList(),
        Arrays.stream(indices).map(i -> containerOf[i]).toArray(),
        Arrays.stream(indices).map(i -> labels[i]).toArray());
  }

  /** Number of images. */
  public int size() {
    return labels.length;
  }

  /** Names of the classes, such as {@code n01440764}, at the places of their labels. */
  public List<String> classes() {
    return classes;
  }

  /** Class of an image: in [0, classes). */
  public int label(int index) {
    return labels[index];
  }

  /** The path of an image; of one in a tar the tar's path, {@code !/} and the name within. */
  public String describe(int index) {
    Path container = container(index);
    String name = images.get(index).name();
    return containers.get(containerOf[index]).isTar()
        ? container + "!/" + name
        : container.resolve(name).toString();
  }

  private Path container(int index) {
    return root.resolve(containers.get(containerOf[index]).name());
  }

  /**
   * The bytes of an image's file.
   *
   * @throws DataException if it cannot be read, or has not the size any more that was indexed
   */
  public byte[] read(int index) {
    Image image = images.get(index);
    byte[] bytes;
    try {
      bytes =
          containers.get(containerOf[index]).isTar()
              ? read(container(index), image)
              : Files.readAllBytes(container(index).resolve(image.name()));
    } catch (IOException failure) {
      throw new DataException(
          describe(index), "cannot be read", failure.toString(), "", "", failure);
    }
    if (bytes.length != image.bytes()) {
      throw new DataException(
          describe(index),
          "has changed since it was indexed",
          bytes.length + " bytes",
          image.bytes() + " bytes",
          "touch its folder, so that it is indexed anew",
          null);
    }
    return bytes;
  }

  private static byte[] read(Path tar, Image image) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(image.bytes()));
    try (FileChannel channel = FileChannel.open(tar)) {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, image.offset() + bytes.position()) < 0) {
          throw new EOFException("the tar has ended");
        }
      }
    }
    return bytes.array();
  }

  @Override
  public String toString() {
    return size() + " images of " + classes.size() + " classes in " + root;
  }
}
