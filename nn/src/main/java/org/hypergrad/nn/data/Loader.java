package org.hypergrad.nn.data;

import java.util.stream.IntStream;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.error.ArgumentException;

/**
 * How a dataset becomes batches: batch size, order, threads. Immutable; each epoch is opened anew.
 *
 * <pre>{@code
 * Loader loader = Loader.of(dataset, 128).shuffle(seed).threads(2);
 * try (Batches batches = loader.epoch(epoch)) {
 *   while (batches.hasNext()) {
 *     Scope.run(() -> step(batches.next()));
 *   }
 * }
 * }</pre>
 *
 * <p>What the batches of an epoch hold depends on seed and epoch, and on the {@linkplain #shard
 * rank} among several processes, alone: never on the number of threads, on earlier epochs, or on
 * where in the epoch one starts.
 */
public final class Loader {
  private final Dataset dataset;
  private final int batchSize;
  private final boolean shuffled;
  private final long seed;
  private final int threads;
  private final boolean dropLast;

  /** Null if the dataset's inputs are handed out as they are. */
  private final ImagePreparation preparation;

  private final Shard shard;

  private Loader(
      Dataset dataset,
      int batchSize,
      boolean shuffled,
      long seed,
      int threads,
      boolean dropLast,
      ImagePreparation preparation,
      Shard shard) {
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffled = shuffled;
    this.seed = seed;
    this.threads = threads;
    this.dropLast = dropLast;
    this.preparation = preparation;
    this.shard = shard;
  }

  /**
   * Batches in the dataset's order, read by the thread that asks for them. The last one has what is
   * left.
   *
   * @throws ArgumentException if the dataset is empty, the batch size is below 1, or a batch has
   *     more values than a Java array holds
   */
  public static Loader of(Dataset dataset, int batchSize) {
    if (dataset.size() < 1) {
      throw new ArgumentException("loader", "no examples", "an empty dataset", "size >= 1", "");
    }
    if (batchSize < 1) {
      throw new ArgumentException(
          "loader", "batch size too small", "" + batchSize, "batch size >= 1", "");
    }
    int rows = Math.min(batchSize, dataset.size());
    checkMemory(dataset.input(), rows);
    checkMemory(dataset.target(), rows);
    return new Loader(dataset, batchSize, false, 0, 0, false, null, Shard.WHOLE);
  }

  private static void checkMemory(Spec example, int rows) {
    if (example.shape().count() > BatchBuffer.MAX_VALUES / rows) {
      throw new ArgumentException(
          "loader",
          "batch too large",
          rows + " x " + example,
          "at most " + BatchBuffer.MAX_VALUES + " values in a batch",
          "make the batch smaller");
    }
  }

  /**
   * In a new order each epoch, decided by seed and epoch. The seed also decides the random numbers
   * that examples are augmented with; without it they are those of seed 0.
   */
  public Loader shuffle(long seed) {
    return new Loader(dataset, batchSize, true, seed, threads, dropLast, preparation, shard);
  }

  /**
   * Read ahead by this many threads; 0 to read in the thread that asks.
   *
   * @throws ArgumentException if negative
   */
  public Loader threads(int threads) {
    if (threads < 0) {
      throw new ArgumentException(
          "loader", "number of threads is negative", "" + threads, "threads >= 0", "");
    }
    return new Loader(dataset, batchSize, shuffled, seed, threads, dropLast, preparation, shard);
  }

  /**
   * Without the last batch if it is smaller than the others.
   *
   * @throws ArgumentException if that leaves no batch
   */
  public Loader dropLast() {
    return new Loader(dataset, batchSize, shuffled, seed, threads, true, preparation, shard)
        .checkBatches();
  }

  /**
   * With the part of each epoch that one of several processes learns from: the examples at the
   * places {@code rank}, {@code rank + worldSize}, ... of the epoch's order, which is the same for
   * all. So the batches with which all processes take a step are, together, the batch of one
   * process with the batch size times {@code worldSize}, and each example is augmented as it would
   * be there.
   *
   * <p>All processes get as many examples: the first of the order come again at the end where its
   * length is no multiple of {@code worldSize}, or with {@link #dropLast} the rest is left out.
   *
   * @param rank in [0, worldSize)
   * @throws ArgumentException if there is no such rank, or that leaves no batch
   */
  public Loader shard(int rank, int worldSize) {
    Shard part = new Shard(rank, worldSize);
    return new Loader(dataset, batchSize, shuffled, seed, threads, dropLast, preparation, part)
        .checkBatches();
  }

  private Loader checkBatches() {
    if (batches() < 1) {
      throw new ArgumentException(
          "loader",
          "no whole batch to keep",
          examples() + " examples, batch size " + batchSize,
          "at least one batch of examples",
          "make the batch smaller or keep the last");
    }
    return this;
  }

  /**
   * With images prepared on the device that is current where a batch is asked for: they are sent
   * there as uint8. What is drawn for an image depends on seed, epoch and its index in the dataset
   * alone.
   *
   * @throws ArgumentException unless the dataset's inputs are images that fit
   */
  public Loader prepare(ImagePreparation preparation) {
    preparation.checkFits(dataset.input());
    return new Loader(dataset, batchSize, shuffled, seed, threads, dropLast, preparation, shard);
  }

  /** What is read; its inputs are as they are before any preparation. */
  public Dataset dataset() {
    return dataset;
  }

  /** Number of examples in each batch but perhaps the last. */
  public int batchSize() {
    return batchSize;
  }

  /** Number of batches in an epoch, at least 1. */
  public int batches() {
    return dropLast ? examples() / batchSize : Math.ceilDiv(examples(), batchSize);
  }

  /** Number of examples of an epoch that this process has. */
  private int examples() {
    return shard.size(dataset.size(), dropLast);
  }

  /** The batches of an epoch; the caller closes them. */
  public Batches epoch(long epoch) {
    return epoch(epoch, 0);
  }

  /**
   * The batches of an epoch from {@code firstBatch} on, to go on in its middle.
   *
   * @param firstBatch in [0, batches()]
   * @throws ArgumentException if there is no such batch
   */
  public Batches epoch(long epoch, int firstBatch) {
    if (firstBatch < 0 || firstBatch > batches()) {
      throw new ArgumentException(
          "loader",
          "no such batch",
          "batch " + firstBatch + " of " + batches(),
          "0 <= batch <= " + batches(),
          "");
    }
    int[] order =
        shuffled
            ? ExampleRandom.permutation(seed, epoch, dataset.size())
            : IntStream.range(0, dataset.size()).toArray();
    return new Batches(
        new Plan(
            dataset, shard.of(order, examples()), batchSize, batches(), seed, epoch, preparation),
        firstBatch,
        threads);
  }
}
