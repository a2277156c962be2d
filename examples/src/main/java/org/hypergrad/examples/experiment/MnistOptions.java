package org.hypergrad.examples.experiment;

import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.nn.data.Dataset;
import org.hypergrad.nn.data.Idx;
import org.hypergrad.nn.data.IdxDataset;
import org.hypergrad.nn.data.Mnist;
import org.hypergrad.nn.data.Split;
import picocli.CommandLine.Option;

/** Which images of ten classes, [1, 28, 28]: for programs that train on MNIST and its like. */
public final class MnistOptions {
  private static final long[] SHAPE = {1, 28, 28};
  private static final String BUNDLED = "/org/hypergrad/examples/fashion-mnist/t10k-";
  private static final int BUNDLED_TRAIN = 9_000;
  private static final List<String> FASHION =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder of the four IDX files of MNIST or Fashion-MNIST, plain or .gz. Without it:"
              + " bundled images.")
  private Path data;

  @Option(
      names = "--download",
      description = "Fetch MNIST into --data, or into data/mnist, and use it.")
  private boolean download;

  /** All of the images; what is fetched is told. */
  public Images images(PrintWriter text) {
    Path folder = download && data == null ? Path.of("data", "mnist") : data;
    if (download) {
      Mnist.DOWNLOAD.into(folder, text::println);
    }
    return folder == null ? bundled() : folder(folder);
  }

  /** The test set of Fashion-MNIST that comes with the project: 9,000 to train, 1,000 to test. */
  private static Images bundled() {
    Dataset all =
        IdxDataset.of(
            Idx.images(BUNDLED + "images", resource("images-idx3-ubyte.gz")),
            Idx.labels(BUNDLED + "labels", resource("labels-idx1-ubyte.gz")),
            Mnist.CLASSES);
    Split split = Split.first(all, BUNDLED_TRAIN);
    return Images.of(
        "Fashion-MNIST's 10,000 test images, bundled: the first 9,000 to train on, 1,000 to test"
            + " on",
        FASHION,
        split.train(),
        split.heldOut());
  }

  private static InputStream resource(String name) {
    return MnistOptions.class.getResourceAsStream(BUNDLED + name);
  }

  /** The four IDX files of a folder, whose classes have no names there. */
  private static Images folder(Path folder) {
    Mnist files = Mnist.read(folder);
    for (Dataset part : List.of(files.train(), files.test())) {
      if (!part.input().shape().equals(Shape.of(SHAPE))) {
        throw new ShapeException(
            "images",
            "images of another size in " + folder,
            part.input().toString(),
            "28 x 28 pixels",
            "");
      }
    }
    return Images.of(
        "%s: %d images to train on, %d to test on"
            .formatted(folder, files.train().size(), files.test().size()),
        IntStream.range(0, Mnist.CLASSES).mapToObj(String::valueOf).toList(),
        files.train(),
        files.test());
  }
}
