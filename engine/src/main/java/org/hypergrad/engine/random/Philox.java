package org.hypergrad.engine.random;

/**
 * Counter-based random numbers: Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3" (2011).
 *
 * <p>A stream is named by a seed and an offset, both 64 bits; its element {@code index} is a pure
 * function of the three, so any thread, device or order of evaluation gives the same numbers, and
 * streams of different offsets never overlap. With {@code lo} and {@code hi} for the two halves of
 * a long, word {@code index} of a stream is word {@code index mod 4} of the block
 *
 * <pre>
 *   counter = (lo(index / 4), hi(index / 4), lo(offset), hi(offset)),  key = (lo(seed), hi(seed))
 * </pre>
 *
 * <p>From the words w come
 *
 * <ul>
 *   <li>uniform: u = (w &gt;&gt;&gt; 8) 2^-24, in [0, 1) and exact in float32;
 *   <li>standard normal, elements 2j and 2j + 1 from the words w and w' of the same indices (Box
 *       and Muller, 1958): r = sqrt(-2 ln u), t = 2 pi u', element 2j is r cos t and 2j + 1 is r
 *       sin t, with u = ((w &gt;&gt;&gt; 8) + 1) 2^-24, in (0, 1], and u' = (w' &gt;&gt;&gt; 8)
 *       2^-24. Both are exact in float32, so that an implementation in float32 differs by its
 *       functions' rounding alone. No element exceeds sqrt(48 ln 2) = 5.77 in magnitude.
 * </ul>
 */
public final class Philox {
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int KEY_STEP_0 = 0x9E3779B9;
  private static final int KEY_STEP_1 = 0xBB67AE85;
  private static final int ROUNDS = 10;
  private static final long LOW_WORD = 0xFFFFFFFFL;
  private static final float UNIT = 0x1p-24f;

  private Philox() {}

  /**
   * Enciphers one counter of four words by a key of two: writes four random words to {@code words},
   * of which word 0 is the lowest.
   */
  public static void block(
      int counter0, int counter1, int counter2, int counter3, int key0, int key1, int[] words) {
    int c0 = counter0;
    int c1 = counter1;
    int c2 = counter2;
    int c3 = counter3;
    int k0 = key0;
    int k1 = key1;
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * (c0 & LOW_WORD);
      long product1 = MULTIPLIER_1 * (c2 & LOW_WORD);
      c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
      c1 = (int) product1;
      c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
      c3 = (int) product0;
      k0 += KEY_STEP_0;
      k1 += KEY_STEP_1;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
  }

  /** Writes the words {@code 4 block .. 4 block + 3} of a stream; the block counts unsigned. */
  public static void block(long seed, long offset, long block, int[] words) {
    block(
        (int) block,
        (int) (block >>> 32),
        (int) offset,
        (int) (offset >>> 32),
        (int) seed,
        (int) (seed >>> 32),
        words);
  }

  /** Word {@code index} of a stream: 32 random bits. */
  public static int bits(long seed, long offset, long index) {
    int[] words = new int[4];
    block(seed, offset, index >>> 2, words);
    return words[(int) (index & 3)];
  }

  /** Element {@code index} of the stream of uniform numbers in [0, 1). */
  public static float uniform(long seed, long offset, long index) {
    return uniform(bits(seed, offset, index));
  }

  /** Element {@code index} of the stream of standard normal numbers. */
  public static float normal(long seed, long offset, long index) {
    int[] words = new int[4];
    block(seed, offset, index >>> 2, words);
    int pair = (int) (index & 2);
    double radius = radius(words[pair]);
    double angle = angle(words[pair + 1]);
    return (float) (radius * ((index & 1) == 0 ? Math.cos(angle) : Math.sin(angle)));
  }

  /** The uniform number in [0, 1) that a random word gives. */
  public static float uniform(int word) {
    return (word >>> 8) * UNIT;
  }

  /** The radius r of the Box-Muller pair whose first word this is. */
  public static double radius(int word) {
    return Math.sqrt(-2 * Math.log(((word >>> 8) + 1) * (double) UNIT));
  }

  /** The angle t, in radians, of the Box-Muller pair whose second word this is. */
  public static double angle(int word) {
    return 2 * Math.PI * ((word >>> 8) * (double) UNIT);
  }
}
