package org.hypergrad.nn.data;

import java.util.random.RandomGenerator;

/**
 * What an epoch's batches hold.
 *
 * @param order index of the example at each position of the epoch
 * @param batches number of batches to hand out
 */
record Plan(Dataset dataset, int[] order, int batchSize, int batches, long seed, long epoch) {
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
}
