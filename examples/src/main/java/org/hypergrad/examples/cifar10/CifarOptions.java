package org.hypergrad.examples.cifar10;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.nn.data.Cifar10;
import org.hypergrad.nn.data.DataException;
import org.hypergrad.nn.data.ImagePreparation;
import picocli.CommandLine.Option;

/** Which images [3, 32, 32] of ten classes, and whether they are varied while they are learned. */
public final class CifarOptions {
  private static final Path FOLDER = Path.of("data", "cifar-10");
  private static final String SYNTHETIC = "synthetic";
  private static final int SYNTHETIC_TRAIN = 5_000;
  private static final int SYNTHETIC_TEST = 1_000;

  /** Pixels of black around an image, out of which a window of its size is cut. */
  private static final int PADDING = 4;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description =
          "Folder of CIFAR-10's binary version, packed or not, or cifar-10-binary.tar.gz; or"
              + " synthetic, for 6,000 coloured stripes to try the program with. Without it:"
              + " data/cifar-10.")
  private Path data;

  @Option(
      names = "--download",
      description = "Fetch CIFAR-10 (170 MB) into --data, or into data/cifar-10, and use it.")
  private boolean download;

  @Option(
      names = "--no-augment",
      description = "Neither shift training images by up to 4 pixels at random nor mirror them.")
  private boolean noAugment;

  /**
   * All of the images; what is fetched is told.
   *
   * @throws DataException if there are none
   */
  public Images images(PrintWriter text) {
    ImagePreparation evaluation = Cifar10.normalise();
    return found(text)
        .prepared(noAugment ? evaluation : evaluation.crop(PADDING).flip(), evaluation);
  }

  private Images found(PrintWriter text) {
    if (data != null && data.toString().equals(SYNTHETIC)) {
      return images("synthetic stripes", Cifar10.synthetic(SYNTHETIC_TRAIN, SYNTHETIC_TEST, 1));
    }
    Path place = data == null ? FOLDER : data;
    if (download) {
      Cifar10.DOWNLOAD.into(place, text::println);
    }
    if (data == null && !Files.exists(place)) {
      throw new DataException(
          "CIFAR-10",
          "no images",
          "no --data, and nothing in " + place,
          "its binary version",
          "--download fetches it there (170 MB), --data names a folder or an archive that has it,"
              + " and --data synthetic makes stripes to try the program with",
          null);
    }
    return images("CIFAR-10 of " + place, Cifar10.read(place));
  }

  private static Images images(String name, Cifar10 found) {
    return Images.of(
        "%s: %d images to train on, %d to test on"
            .formatted(name, found.train().size(), found.test().size()),
        found.names(),
        found.train(),
        found.test());
  }
}
