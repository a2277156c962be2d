package org.hypergrad.nn.data;

import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.error.ArgumentException;

/** Some examples of a dataset, chosen once. */
public final class Subset implements Dataset {
  private final Dataset whole;
  private final int[] indices;

  Subset(Dataset whole, int[] indices) {
    this.whole = whole;
    this.indices = indices;
  }

  /**
   * These examples, in this order; one may occur more than once.
   *
   * @throws ArgumentException if an index is not one of the dataset's
   */
  public static Dataset of(Dataset whole, int... indices) {
    for (int index : indices) {
      if (index < 0 || index >= whole.size()) {
        throw new ArgumentException(
            "subset",
            "no such example",
            "index " + index + " of " + whole.size() + " examples",
            "an index in [0, " + whole.size() + ")",
            "");
      }
    }
    return whole.only(indices.clone());
  }

  /**
   * The first {@code count} examples.
   *
   * @throws ArgumentException unless there are as many
   */
  public static Dataset limit(Dataset whole, int count) {
    return range(whole, 0, count);
  }

  /** Examples [start, stop). */
  static Dataset range(Dataset whole, int start, int stop) {
    return of(whole, IntStream.range(start, stop).toArray());
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public Spec input() {
    return whole.input();
  }

  @Override
  public Spec target() {
    return whole.target();
  }

  @Override
  public void read(int index, RandomGenerator random, MemorySegment input, MemorySegment target) {
    whole.read(indices[index], random, input, target);
  }

  @Override
  public String describe(int index) {
    return whole.describe(indices[index]);
  }
}
