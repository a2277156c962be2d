package org.hypergrad.nn.data;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.nn.data.Download.Item;

/**
 * CIFAR-10 (A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009), or a part
 * of it: colour images, uint8 {@code [3, 32, 32]} in the order red, green, blue, of ten classes.
 *
 * @param train images to learn from; 50,000 in the whole set
 * @param test images to judge by; 10,000 in the whole set
 * @param names of the classes, by label
 */
public record Cifar10(Dataset train, Dataset test, List<String> names) {
  public static final int CLASSES = 10;

  /** The archive of the binary version, 162 MiB, and where it can be had. */
  public static final Download DOWNLOAD =
      new Download(
          List.of(
              "https://www.cs.toronto.edu/~kriz/",
              "https://cave.cs.toronto.edu/kriz/",
              "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/"),
          List.of(
              new Item(
                  CifarFiles.ARCHIVE,
                  "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                  false)),
          Duration.ofHours(1));

  /** What the classes are called if the files do not say. */
  static final List<String> STANDARD_NAMES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  /** Mean of red, green and blue over all training images, where a pixel of 255 counts as 1. */
  public static final List<Double> MEAN = List.of(0.4914, 0.4822, 0.4465);

  /** Standard deviation of red, green and blue over all training images, in the same unit. */
  public static final List<Double> STD = List.of(0.2470, 0.2435, 0.2616);

  public Cifar10 {
    names = List.copyOf(names);
  }

  /**
   * Reads the binary version: the files {@code data_batch_1.bin} to {@code data_batch_5.bin} and
   * {@code test_batch.bin}, plain or packed ({@code .gz}, {@code .xz}). One with fewer than 10,000
   * records, or more, is taken as it is; one with as many as the original must be the original.
   *
   * @param path a folder that has the files, or has them in {@code cifar-10-batches-bin}, or has
   *     {@code cifar-10-binary.tar.gz}; or this archive itself
   * @throws DataException if a file is missing (it names all that are), ends within a record, is
   *     damaged, or has a label out of range: it names file, record and byte; or if it has 10,000
   *     records with another SHA-256 than the original
   */
  public static Cifar10 read(Path path) {
    return CifarFiles.read(path);
  }

  /**
   * Images for a machine that has no others: coloured stripes with noise, of which the class is
   * angle and width, and neither place nor colour. Whatever is mirrored stays in its class. The
   * same numbers give the same images on every machine.
   *
   * @param train number of images to learn from, the classes in turn
   * @param test number of others to judge by
   * @throws ArgumentException if there would be no image
   */
  public static Cifar10 synthetic(int train, int test, long seed) {
    if (train < 1 || test < 1) {
      throw new ArgumentException(
          "synthetic images", "none", train + " to train, " + test + " to test", ">= 1 each", "");
    }
    return new Cifar10(
        new CifarRecords(List.of(Stripes.part("train", train, seed))),
        new CifarRecords(List.of(Stripes.part("test", test, seed))),
        Stripes.NAMES);
  }

  /** To mean 0 and variance 1 in each channel, by {@link #MEAN} and {@link #STD}. */
  public static ImagePreparation normalise() {
    return ImagePreparation.normalise(MEAN, STD);
  }
}
