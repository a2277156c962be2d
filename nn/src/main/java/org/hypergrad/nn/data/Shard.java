package org.hypergrad.nn.data;

import org.hypergrad.engine.error.ArgumentException;

/** One process's part of every epoch: each worldSize-th example, from the rank-th on. */
record Shard(int rank, int worldSize) {
  static final Shard WHOLE = new Shard(0, 1);

  Shard {
    if (rank < 0 || rank >= worldSize) {
      throw new ArgumentException(
          "loader",
          "no such rank",
          "rank " + rank + " of " + worldSize,
          "0 <= rank < worldSize",
          "");
    }
  }

  /** How many examples each process has: the same number for all. */
  int size(int examples, boolean dropLast) {
    return dropLast ? examples / worldSize : Math.ceilDiv(examples, worldSize);
  }

  /** The first {@code size} examples of this part; behind the end of the order comes its start. */
  int[] of(int[] order, int size) {
    int[] part = new int[size];
    for (int i = 0; i < size; i++) {
      part[i] = order[(int) ((rank + (long) i * worldSize) % order.length)];
    }
    return part;
  }
}
