package org.hypergrad.examples.experiment;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.nn.data.Dataset;
import org.hypergrad.nn.data.Idx;
import org.hypergrad.nn.data.IdxDataset;
import org.hypergrad.nn.data.Mnist;
import org.hypergrad.nn.data.Split;
import org.hypergrad.nn.data.Subset;

/**
 * Images of ten classes, [1, 28, 28], to train on and to test on.
 *
 * @param description which they are, for the reader of a result
 */
public record Images(String description, Dataset train, Dataset test) {
  private static final long[] SHAPE = {1, 28, 28};
  private static final int SAMPLES = 500;

  private static final String BUNDLED = "/org/hypergrad/examples/fashion-mnist/t10k-";
  private static final int BUNDLED_TRAIN = 9_000;

  /** The test set of Fashion-MNIST that comes with the project: 9,000 to train, 1,000 to test. */
  public static Images bundled() {
    Dataset all =
        IdxDataset.of(
            Idx.images(BUNDLED + "images", resource("images-idx3-ubyte.gz")),
            Idx.labels(BUNDLED + "labels", resource("labels-idx1-ubyte.gz")),
            Mnist.CLASSES);
    Split split = Split.first(all, BUNDLED_TRAIN);
    return new Images(
        "Fashion-MNIST's 10,000 test images, bundled: the first 9,000 to train on, 1,000 to test"
            + " on",
        split.train(),
        split.heldOut());
  }

  private static InputStream resource(String name) {
    return Images.class.getResourceAsStream(BUNDLED + name);
  }

  /** The four IDX files of a folder. */
  public static Images folder(Path folder) {
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
    return new Images(
        "%s: %d images to train on, %d to test on"
            .formatted(folder, files.train().size(), files.test().size()),
        files.train(),
        files.test());
  }

  /** With the first {@code count} training images, if there are more. */
  public Images limit(int count) {
    return count >= train.size()
        ? this
        : new Images(
            description + "; of those to train on, the first " + count,
            Subset.limit(train, count),
            test);
  }

  /** Training images alone: most to train on, the last few held out to choose settings by. */
  public Images tuning() {
    int held = train.size() >= 50_000 ? 5_000 : Math.max(1, train.size() / 9);
    Split split = Split.first(train, train.size() - held);
    return new Images(
        "%d training images, %d held out".formatted(train.size() - held, held),
        split.train(),
        split.heldOut());
  }

  /** The same for the same images in the same order, wherever they lie: from a sample of them. */
  public String fingerprint() {
    CRC32 sum = new CRC32();
    for (Dataset part : List.of(train, test)) {
      sum.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, part.size()));
      MemorySegment image = MemorySegment.ofArray(new float[(int) part.input().shape().count()]);
      MemorySegment label = MemorySegment.ofArray(new int[1]);
      for (int i = 0; i < SAMPLES; i++) {
        int index = (int) ((long) i * part.size() / SAMPLES);
        part.read(index, new SplittableRandom(0), image, label);
        sum.update(image.toArray(ValueLayout.JAVA_BYTE));
        sum.update(label.toArray(ValueLayout.JAVA_BYTE));
      }
    }
    return Long.toHexString(sum.getValue());
  }
}
