package org.hypergrad.nn.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.hypergrad.nn.data.Download.Item;

/**
 * MNIST, or a set in its form such as Fashion-MNIST: images {@code [1, 28, 28]} of ten classes.
 *
 * @param train 60,000 images to learn from
 * @param test 10,000 images to judge by
 */
public record Mnist(Dataset train, Dataset test) {
  public static final int CLASSES = 10;

  /** The four files of MNIST and where they can be had. */
  public static final Download DOWNLOAD =
      new Download(
          List.of(
              "https://ossci-datasets.s3.amazonaws.com/mnist/",
              "https://storage.googleapis.com/cvdf-datasets/mnist/"),
          List.of(
              new Item(
                  "train-images-idx3-ubyte.gz",
                  "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
              new Item(
                  "train-labels-idx1-ubyte.gz",
                  "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
              new Item(
                  "t10k-images-idx3-ubyte.gz",
                  "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
              new Item(
                  "t10k-labels-idx1-ubyte.gz",
                  "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")),
          Duration.ofMinutes(5));

  /**
   * Reads the four IDX files of a folder. Their names may have a dot in place of the second hyphen
   * ({@code train-images.idx3-ubyte}) and may end in {@code .gz}; they may be packed or not.
   *
   * @throws DataException if one is missing (it names all that are), damaged, or does not fit
   */
  public static Mnist read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          folder.toString(),
          "is not a folder",
          "",
          "a folder with the four files of MNIST",
          "",
          null);
    }
    List<String> missing = new ArrayList<>();
    Path trainImages = find(folder, "train-images", "idx3-ubyte", missing);
    Path trainLabels = find(folder, "train-labels", "idx1-ubyte", missing);
    Path testImages = find(folder, "t10k-images", "idx3-ubyte", missing);
    Path testLabels = find(folder, "t10k-labels", "idx1-ubyte", missing);
    if (!missing.isEmpty()) {
      throw new DataException(
          folder.toString(),
          "files are missing",
          "no " + String.join(", no ", missing),
          "each of these, plain or .gz",
          "fetch MNIST, or name the folder that has them",
          null);
    }
    Mnist mnist = new Mnist(dataset(trainImages, trainLabels), dataset(testImages, testLabels));
    if (!mnist.train.input().equals(mnist.test.input())) {
      throw new DataException(
          folder.toString(),
          "images differ in size",
          "train " + mnist.train.input() + ", test " + mnist.test.input(),
          "one size",
          "are all files of the same set?",
          null);
    }
    return mnist;
  }

  private static Path find(Path folder, String part, String type, List<String> missing) {
    for (String name : List.of(part + "-" + type, part + "." + type)) {
      for (String suffix : List.of("", ".gz")) {
        Path file = folder.resolve(name + suffix);
        if (Files.exists(file)) {
          return file;
        }
      }
    }
    missing.add(part + "-" + type);
    return null;
  }

  private static Dataset dataset(Path images, Path labels) {
    return IdxDataset.of(Idx.images(images), Idx.labels(labels), CLASSES);
  }
}
