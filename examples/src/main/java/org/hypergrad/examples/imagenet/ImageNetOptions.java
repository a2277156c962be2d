package org.hypergrad.examples.imagenet;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.RunOptions;
import org.hypergrad.nn.data.Cifar10;
import org.hypergrad.nn.data.DataException;
import org.hypergrad.nn.data.ImagePreparation;
import org.hypergrad.nn.data.image.Framing;
import org.hypergrad.nn.data.image.ImageDataset;
import org.hypergrad.nn.data.image.ImageNet;
import org.hypergrad.nn.data.image.OnBadImage;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;

/** Which images of ImageNet's form, and how they are read. */
public final class ImageNetOptions {
  private static final String SYNTHETIC = "synthetic";
  private static final int PATHS = 10;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder with train/<class> and val/<class>, each of JPEG files or a tar of them; or with"
              + " a flat val, a list of the classes and the official ground truth; or synthetic,"
              + " for stripes to try the program with.")
  private Path data;

  @Option(
      names = "--size",
      paramLabel = "N",
      description = "Rows and columns of what the network sees; the paper has 299.")
  private int size = 224;

  @Option(
      names = "--no-augment",
      description =
          "Show the middle of each training image, in place of a random part, mirrored half of the"
              + " time.")
  private boolean noAugment;

  @Option(
      names = "--on-bad-image",
      paramLabel = "WHAT",
      description =
          "Of an image that cannot be decoded: throw, to end with its path, the default; or skip,"
              + " to show the next good one in its place. Paths and number are told.",
      showDefaultValue = Visibility.NEVER)
  private OnBadImage onBadImage = OnBadImage.THROW;

  @Option(
      names = "--synthetic-images",
      paramLabel = "N",
      description = "Training images of --data synthetic; a tenth as many to test on.")
  private int syntheticImages = 1000;

  @Option(
      names = "--readers",
      paramLabel = "N",
      description = "Threads that read and decode images while training goes on.")
  private int readers = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 16);

  private final List<ImageDataset> files = new ArrayList<>();

  /** Checks the numbers. */
  void check(RunOptions options) {
    options.require(size >= 8, "--size", "at least 8");
    options.require(syntheticImages >= 1, "--synthetic-images", "at least 1");
    options.require(readers >= 1, "--readers", "at least 1");
  }

  int size() {
    return size;
  }

  /**
   * All of the images.
   *
   * @throws DataException if there are none
   */
  Images images() {
    ImagePreparation normalised = ImagePreparation.normalise(ImageNet.MEAN, ImageNet.STD);
    if (data == null) {
      throw new DataException(
          "ImageNet",
          "no images",
          "no --data",
          "a folder with train/<class>/*.JPEG and val/<class>/*.JPEG",
          "--data names it, and --data synthetic makes stripes to try the program with",
          null);
    }
    if (data.toString().equals(SYNTHETIC)) {
      Cifar10 stripes = Cifar10.synthetic(syntheticImages, Math.ceilDiv(syntheticImages, 10), 1);
      return Images.of(
              "synthetic stripes: %d images to train on, %d to test on"
                  .formatted(stripes.train().size(), stripes.test().size()),
              stripes.names(),
              new Enlarged(stripes.train(), size),
              new Enlarged(stripes.test(), size))
          .prepared(noAugment ? normalised : normalised.flip(), normalised)
          .readers(readers);
    }
    ImageNet found = ImageNet.read(data);
    Framing middle = Framing.centreCrop(size);
    ImageDataset train =
        ImageDataset.of(found.train(), noAugment ? middle : Framing.randomResizedCrop(size))
            .onBadImage(onBadImage);
    ImageDataset test = ImageDataset.of(found.validation(), middle).onBadImage(onBadImage);
    files.addAll(List.of(train, test));
    return Images.of(
            "%s: %d images of %d classes to train on, %d to test on"
                .formatted(data, train.size(), found.classNames().size(), test.size()),
            found.classNames(),
            train,
            test)
        .byClass()
        .prepared(normalised, normalised)
        .readers(readers);
  }

  /** What a run that goes on must have as before, by the name on the command line. */
  List<String> identity() {
    return List.of(String.valueOf(size), String.valueOf(noAugment));
  }

  /** Tells which images were left out. */
  void tellOfBad(PrintWriter text) {
    List<String> bad = files.stream().flatMap(f -> f.skipped().stream()).toList();
    if (onBadImage == OnBadImage.SKIP && !files.isEmpty()) {
      text.printf("bad images left out: %d%n", bad.size());
      bad.stream().limit(PATHS).forEach(path -> text.println("  " + path));
    }
  }
}
