package org.hypergrad.examples.experiment;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.hypergrad.engine.Spec;
import org.hypergrad.nn.data.Dataset;
import org.hypergrad.nn.data.ImagePreparation;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.data.Split;
import org.hypergrad.nn.data.Subset;

/**
 * Labelled images to train on and to test on, and how they become batches. Immutable.
 *
 * <pre>{@code
 * Images images = Images.of("textures", names, train, test).limit(5_000).evaluating(1_000);
 * }</pre>
 */
public final class Images {
  /** Of each part so many images tell it from others. */
  private static final int SAMPLES = 100;

  private final String description;
  private final List<String> classes;
  private final Dataset train;
  private final Dataset test;
  private final int readers;
  private final boolean byClass;

  /**
   * For training and for evaluation; none where the datasets' values are handed out as they are.
   */
  private final Optional<Preparations> preparations;

  private record Preparations(ImagePreparation training, ImagePreparation evaluation) {}

  private Images(
      String description,
      List<String> classes,
      Dataset train,
      Dataset test,
      int readers,
      boolean byClass,
      Optional<Preparations> preparations) {
    this.description = description;
    this.classes = List.copyOf(classes);
    this.train = train;
    this.test = test;
    this.readers = readers;
    this.byClass = byClass;
    this.preparations = preparations;
  }

  /**
   * As the datasets have them.
   *
   * @param description which they are, for the reader of a result
   * @param classes their names, by label
   */
  public static Images of(String description, List<String> classes, Dataset train, Dataset test) {
    return new Images(description, classes, train, test, 1, false, Optional.empty());
  }

  /** Which they are, for the reader of a result. */
  public String description() {
    return description;
  }

  /** Names of the classes, by label. */
  public List<String> classes() {
    return classes;
  }

  /** What to learn from. */
  public Dataset train() {
    return train;
  }

  /** What to judge by. */
  public Dataset test() {
    return test;
  }

  /** Read by so many threads while training goes on, instead of one. */
  public Images readers(int threads) {
    return new Images(description, classes, train, test, threads, byClass, preparations);
  }

  /** With the images of each class one after another, as folders of classes have them. */
  public Images byClass() {
    return new Images(description, classes, train, test, readers, true, preparations);
  }

  /** Made ready for the network on its device, in one way for training and in one for testing. */
  public Images prepared(ImagePreparation training, ImagePreparation evaluation) {
    Preparations both = new Preparations(training, evaluation);
    return new Images(description, classes, train, test, readers, byClass, Optional.of(both));
  }

  /** How images are made ready; empty if they are not. */
  public String preparation() {
    return preparations.map(Preparations::toString).orElse("");
  }

  /** With {@code count} training images, if there are more: the first, or some of each class. */
  public Images limit(int count) {
    return count >= train.size()
        ? this
        : with(description + "; of those to train on, " + some(count), some(train, count), test);
  }

  /** With {@code count} test images, if there are more: the first, or some of each class. */
  public Images evaluating(int count) {
    return count >= test.size()
        ? this
        : with(description + "; of those to test on, " + some(count), train, some(test, count));
  }

  private String some(int count) {
    return byClass ? count + " from all classes alike" : "the first " + count;
  }

  /** Where classes follow one another the first images would be of few, and are not taken. */
  private Dataset some(Dataset part, int count) {
    return byClass
        ? Subset.of(
            part,
            IntStream.range(0, count).map(i -> (int) ((long) i * part.size() / count)).toArray())
        : Subset.limit(part, count);
  }

  /** Training images alone: most to train on, the last few held out to choose settings by. */
  public Images tuning() {
    int held = train.size() >= 50_000 ? 5_000 : Math.max(1, train.size() / 9);
    Split split = Split.first(train, train.size() - held);
    return with(
        "%d training images, %d held out".formatted(train.size() - held, held),
        split.train(),
        split.heldOut());
  }

  private Images with(String description, Dataset train, Dataset test) {
    return new Images(description, classes, train, test, readers, byClass, preparations);
  }

  /** Training images in an order that seed and epoch decide. */
  public Loader training(int batch, long seed) {
    Loader loader = Loader.of(train, batch).shuffle(seed).threads(readers);
    return preparations.map(p -> loader.prepare(p.training)).orElse(loader);
  }

  /** Test images in their own order. */
  public Loader evaluation(int batch) {
    Loader loader = Loader.of(test, batch).threads(readers);
    return preparations.map(p -> loader.prepare(p.evaluation)).orElse(loader);
  }

  /** The same for the same images in the same order, wherever they lie: from a sample of them. */
  public String fingerprint() {
    CRC32 sum = new CRC32();
    add(train, sum);
    add(test, sum);
    return Long.toHexString(sum.getValue());
  }

  private static void add(Dataset part, CRC32 sum) {
    sum.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, part.size()));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment image = arena.allocate(bytes(part.input()), Long.BYTES);
      MemorySegment label = arena.allocate(bytes(part.target()), Long.BYTES);
      for (int i = 0; i < SAMPLES; i++) {
        int index = (int) ((long) i * part.size() / SAMPLES);
        part.read(index, new SplittableRandom(0), image, label);
        sum.update(image.toArray(ValueLayout.JAVA_BYTE));
        sum.update(label.toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  private static long bytes(Spec example) {
    return example.shape().count() * example.dtype().bytes();
  }
}
