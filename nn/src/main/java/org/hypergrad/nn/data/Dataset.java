package org.hypergrad.nn.data;

import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;
import org.hypergrad.engine.Spec;

/**
 * A fixed number of examples, each an input and what is to be learned from it.
 *
 * <p>Implementations do not change after construction, and {@link #read} is called by several
 * threads at once.
 */
public interface Dataset {
  /** Number of examples. */
  int size();

  /** Element type and shape of one input, without a batch axis, such as {@code [C, H, W]}. */
  Spec input();

  /** Element type and shape of one target: a scalar int32 label, or float32 values. */
  Spec target();

  /**
   * Writes one example in row-major order, in the machine's byte order.
   *
   * @param index in [0, size())
   * @param random numbers of this example in this epoch alone, for augmentation: they depend on
   *     seed, epoch and index, never on the thread
   * @param input exactly the bytes of one input
   * @param target exactly the bytes of one target
   */
  void read(int index, RandomGenerator random, MemorySegment input, MemorySegment target);

  /**
   * A part: these examples, in this order; one may occur more than once. {@link Subset} checks that
   * there are such examples.
   */
  default Dataset only(int... indices) {
    return new Subset(this, indices);
  }

  /** What to call an example in a message: its file, if it has one. */
  default String describe(int index) {
    return "example " + index;
  }
}
