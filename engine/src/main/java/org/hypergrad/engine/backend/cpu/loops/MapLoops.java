package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Loops over rows of k floats that lie one after another, as the positions of a convolution's
 * kernel do, for maps [k, k] of such rows. What a thread needs besides lies in its own {@link
 * Scratch}, so that one object serves all threads.
 */
public interface MapLoops {
  /**
   * Rows in memory; with a weight decay, the same multiple of other rows is added to them.
   *
   * @param segment where they lie
   * @param at byte offset of the first
   * @param theta the other rows
   * @param thetaAt byte offset of their first
   * @param decay 0 for none
   */
  record Rows(MemorySegment segment, long at, MemorySegment theta, long thetaAt, double decay) {
    /** Rows as they lie. */
    public static Rows of(MemorySegment segment, long at) {
      return new Rows(segment, at, segment, at, 0);
    }

    float get(long i) {
      float own = segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + i * Float.BYTES);
      return decay == 0
          ? own
          : own
              + theta.get(ValueLayout.JAVA_FLOAT_UNALIGNED, thetaAt + i * Float.BYTES)
                  * (float) decay;
    }
  }

  /** What one thread works in. */
  interface Scratch {
    /** Where {@link #map} leaves its rows. */
    MemorySegment mapped();
  }

  /** Rows that fit the nearest cache together with what is made of them: for {@link #map}. */
  int rowsAtOnce();

  Scratch newScratch();

  /** A map [k, k], row by row, in the order in which {@link #map} reads it. */
  float[] spread(double[] map);

  /** Sum of the squares of rows [from, from + rows). */
  double squares(Rows g, long from, int rows, Scratch scratch);

  /**
   * The same, and the sums of products of each two positions: sums [k, k] += g^T p.
   *
   * @param sums changed
   */
  double products(Rows g, Rows p, long from, int rows, double[] sums, Scratch scratch);

  /**
   * Each row times a symmetric map, into the scratch.
   *
   * @param rows at most {@link #rowsAtOnce}
   * @param spread of the map
   * @param copy where the rows go as they are, or null
   */
  void map(Rows g, long from, int rows, float[] spread, Rows copy, Scratch scratch);

  /** The fastest that this JVM offers, for rows of {@code k}. */
  static MapLoops of(int k) {
    if (!(FloatLoops.best() instanceof VectorLoops)) {
      return new PlainMap(k);
    }
    return k == 1 ? new VectorScaling() : VectorLoops.map(k);
  }
}
