package org.hypergrad.nn.data;

import java.util.random.RandomGenerator;
import org.hypergrad.engine.random.Philox;

/**
 * Random numbers as a function of seed, epoch and lane: lane 0 orders the epoch, lane {@code index
 * + 1} belongs to the reading of an example, and lane {@code 2^31 + index + 1} to the preparation
 * of what was read.
 *
 * <p>The Philox counter holds epoch, lane and position, so that no two streams share a number. The
 * key differs from that of the engine's generators: with one seed for both, a network's weights and
 * the order of its data are still independent.
 */
final class ExampleRandom implements RandomGenerator {
  private static final long KEY = 0x6C6F61646572L;

  private final long seed;
  private final long epoch;
  private final long lane;
  private final int[] words = new int[4];
  private int position;

  private ExampleRandom(long seed, long epoch, long lane) {
    this.seed = seed ^ KEY;
    this.epoch = epoch;
    this.lane = lane;
  }

  static ExampleRandom ofExample(long seed, long epoch, int index) {
    return new ExampleRandom(seed, epoch, index + 1L);
  }

  static ExampleRandom ofPreparation(long seed, long epoch, int index) {
    return new ExampleRandom(seed, epoch, (1L << 31) + index + 1);
  }

  /** The numbers 0 .. size - 1 in an order that seed and epoch alone decide. */
  static int[] permutation(long seed, long epoch, int size) {
    ExampleRandom random = new ExampleRandom(seed, epoch, 0);
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      // Fisher and Yates, inside out.
      int j = random.below(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /** Uniform in [0, bound); its own, as the JDK does not promise the same numbers for ever. */
  int below(int bound) {
    return (int) Math.unsignedMultiplyHigh(nextLong(), bound);
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  double unit() {
    return (nextLong() >>> 11) * 0x1p-53;
  }

  @Override
  public long nextLong() {
    int half = position & 1;
    if (half == 0) {
      Philox.block(seed, epoch, lane << 32 | position >>> 1, words);
    }
    position++;
    return (long) words[2 * half + 1] << 32 | words[2 * half] & 0xFFFFFFFFL;
  }
}
