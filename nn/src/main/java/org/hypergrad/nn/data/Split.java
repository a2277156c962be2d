package org.hypergrad.nn.data;

import java.util.Arrays;
import org.hypergrad.engine.error.ArgumentException;

/**
 * A dataset in two parts without a common example.
 *
 * @param train what to learn from
 * @param heldOut what to judge by
 */
public record Split(Dataset train, Dataset heldOut) {
  /**
   * The first {@code train} examples to learn from, the others held out.
   *
   * @throws ArgumentException unless both parts have examples
   */
  public static Split first(Dataset whole, int train) {
    check(whole, train, "train");
    return new Split(Subset.limit(whole, train), Subset.range(whole, train, whole.size()));
  }

  /**
   * {@code heldOut} examples held out at random: the same ones for the same seed and size. Both
   * parts keep the order of the whole.
   *
   * @throws ArgumentException unless both parts have examples
   */
  public static Split random(Dataset whole, int heldOut, long seed) {
    check(whole, heldOut, "held out");
    int[] order = ExampleRandom.permutation(seed, 0, whole.size());
    Arrays.sort(order, 0, heldOut);
    Arrays.sort(order, heldOut, order.length);
    return new Split(
        Subset.of(whole, Arrays.copyOfRange(order, heldOut, order.length)),
        Subset.of(whole, Arrays.copyOf(order, heldOut)));
  }

  private static void check(Dataset whole, int part, String name) {
    if (part < 1 || part >= whole.size()) {
      throw new ArgumentException(
          "split",
          "a part would be empty or larger than the whole",
          part + " " + name + " of " + whole.size() + " examples",
          "1 <= " + name + " < " + whole.size(),
          "");
    }
  }
}
