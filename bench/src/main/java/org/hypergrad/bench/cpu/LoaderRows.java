package org.hypergrad.bench.cpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.hypergrad.nn.data.Batches;
import org.hypergrad.nn.data.Cifar10;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.data.Mnist;

/**
 * Batches in a new order each epoch, made by the thread that asks for them, out of files of random
 * images in the layout of MNIST's and CIFAR-10's. The files are read when the row is opened.
 */
final class LoaderRows {
  private static final int BATCH = 128;
  private static final int BATCHES = 40;
  private static final int EXAMPLES = BATCH * BATCHES;
  private static final int GRAY = 28 * 28;
  private static final int COLOUR = 3 * 32 * 32;

  private LoaderRows() {}

  static List<Row> all() {
    return List.of(
        row("MNIST, batch 128", GRAY, LoaderRows::mnist),
        row(
            "CIFAR-10, normalised, batch 128",
            COLOUR,
            folder -> cifar(folder).prepare(Cifar10.normalise())),
        row(
            "CIFAR-10, cropped, mirrored and normalised, batch 128",
            COLOUR,
            folder -> cifar(folder).prepare(Cifar10.normalise().crop(4).flip())));
  }

  /** Pixels are bytes in the file and float32 in the batch; labels likewise, int32. */
  private static Row row(String title, int pixels, Function<Path, Loader> loader) {
    long bytes = BATCH * (pixels + 1L) * (1 + Float.BYTES);
    return WorkRow.of("loader/" + title, Cost.bytes(bytes), () -> new Reading(read(loader)));
  }

  /** Loaders have read their files when they are made. */
  private static Loader read(Function<Path, Loader> loader) {
    try {
      Path folder = Files.createTempDirectory("images");
      try {
        return loader.apply(folder);
      } finally {
        for (Path file : Files.list(folder).toList()) {
          Files.delete(file);
        }
        Files.delete(folder);
      }
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }

  private static Loader mnist(Path folder) {
    for (String part : List.of("train", "t10k")) {
      ByteBuffer images = ByteBuffer.allocate(16 + EXAMPLES * GRAY);
      images.putInt(0x0803).putInt(EXAMPLES).putInt(28).putInt(28).put(noise(EXAMPLES * GRAY));
      write(folder.resolve(part + "-images-idx3-ubyte"), images.array());
      ByteBuffer labels = ByteBuffer.allocate(8 + EXAMPLES);
      labels.putInt(0x0801).putInt(EXAMPLES);
      for (int i = 0; i < EXAMPLES; i++) {
        labels.put((byte) (i % Mnist.CLASSES));
      }
      write(folder.resolve(part + "-labels-idx1-ubyte"), labels.array());
    }
    return Loader.of(Mnist.read(folder).train(), BATCH).shuffle(1);
  }

  private static Loader cifar(Path folder) {
    // Five files of training images share the examples.
    int records = EXAMPLES / 5;
    byte[] file = noise(records * (1 + COLOUR));
    for (int i = 0; i < records; i++) {
      file[i * (1 + COLOUR)] = (byte) (i % Cifar10.CLASSES);
    }
    for (int i = 1; i <= 5; i++) {
      write(folder.resolve("data_batch_" + i + ".bin"), file);
    }
    write(folder.resolve("test_batch.bin"), file);
    return Loader.of(Cifar10.read(folder).train(), BATCH).shuffle(1);
  }

  private static byte[] noise(int count) {
    byte[] noise = new byte[count];
    new Random(1).nextBytes(noise);
    return noise;
  }

  private static void write(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }

  /** A batch a run, epoch after epoch. */
  private static final class Reading implements Case {
    private final Loader loader;
    private long epoch;
    private Batches batches;

    Reading(Loader loader) {
      this.loader = loader;
      batches = loader.epoch(epoch);
    }

    @Override
    public void run() {
      if (!batches.hasNext()) {
        batches.close();
        batches = loader.epoch(++epoch);
      }
      batches.next();
    }

    @Override
    public void close() {
      batches.close();
    }
  }
}
