package org.hypergrad.nn.data;

import java.util.random.RandomGenerator;
import org.hypergrad.engine.Tensor;

/**
 * What an epoch's batches hold.
 *
 * @param order index of the example at each position of the epoch
 * @param batches number of batches to hand out
 * @param preparation of the images, or null
 */
record Plan(
    Dataset dataset,
    int[] order,
    int batchSize,
    int batches,
    long seed,
    long epoch,
    ImagePreparation preparation) {
  /** Number of examples in a batch. */
  int size(int batch) {
    return Math.min(batchSize, order.length - batch * batchSize);
  }

  /** Index of an example: the one in this row of a batch. */
  int index(int batch, int row) {
    return order[batch * batchSize + row];
  }

  RandomGenerator random(int index) {
    return ExampleRandom.ofExample(seed, epoch, index);
  }

  /** What a batch's inputs become before they are handed out. */
  Tensor prepare(int batch, Tensor inputs) {
    return preparation.apply(
        inputs, row -> ExampleRandom.ofPreparation(seed, epoch, index(batch, row)));
  }
}
