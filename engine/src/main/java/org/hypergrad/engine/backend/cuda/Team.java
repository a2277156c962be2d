package org.hypergrad.engine.backend.cuda;

/**
 * How many threads of a block work on one group of elements, such as a row whose sum is wanted. It
 * decides the order of the sums, so it follows from shapes alone and never from the device.
 */
final class Team {
  /** Elements that a lane keeps, so that a group of so many for each lane is read once. */
  private static final int KEPT = 8;

  /**
   * Lanes of a group whose neighbours in memory are other groups: a warp reads 32 groups at once.
   */
  private static final int LANES_OF_COLUMNS = 8;

  private static final int WARP = 32;

  /** Blocks that keep a large device busy. */
  private static final long BLOCKS = 512;

  /** Fewest elements of a lane before a group is cut into parts. */
  private static final long ELEMENTS = 16;

  private Team() {}

  /**
   * Threads for a group, a power of 2.
   *
   * @param columns whether neighbouring elements of a group lie apart, and groups side by side
   */
  static int lanes(long count, boolean columns) {
    if (columns) {
      return (int) Math.min(LANES_OF_COLUMNS, powerOf2(count));
    }
    return count <= WARP
        ? (int) powerOf2(count)
        : Math.clamp(powerOf2(Math.ceilDiv(count, KEPT)), WARP, Kernels.THREADS);
  }

  private static long powerOf2(long atLeast) {
    return atLeast <= 1 ? 1 : 2 * Long.highestOneBit(atLeast - 1);
  }

  /** Blocks that take all groups at once, one part each. */
  static long tiles(long groups, int lanes) {
    return Math.ceilDiv(groups, Kernels.THREADS / lanes);
  }

  /** Parts into which few groups of many elements are cut, so that enough blocks have work. */
  static long parts(long groups, long count, int lanes) {
    long blocks = BLOCKS / Math.max(1, tiles(groups, lanes));
    return Math.max(1, Math.min(blocks, count / (ELEMENTS * lanes)));
  }
}
