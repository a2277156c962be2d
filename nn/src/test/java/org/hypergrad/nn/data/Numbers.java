package org.hypergrad.nn.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Spec;

/**
 * Examples whose input is their index and a random number, and whose label is their index.
 *
 * @param before called with each index ahead of the read
 */
record Numbers(int size, Reading before) implements Dataset {
  /** What a test does in the thread that reads. */
  @FunctionalInterface
  interface Reading {
    void of(int index) throws Exception;
  }

  Numbers(int size) {
    this(size, _ -> {});
  }

  @Override
  public Spec input() {
    return Spec.of(DType.FLOAT32, 2);
  }

  @Override
  public Spec target() {
    return Spec.of(DType.INT32);
  }

  @Override
  public void read(int index, RandomGenerator random, MemorySegment input, MemorySegment target) {
    try {
      before.of(index);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    if (input.byteSize() != 8 || target.byteSize() != 4) {
      throw new IllegalArgumentException(input + " " + target);
    }
    input.setAtIndex(ValueLayout.JAVA_FLOAT, 0, index);
    input.setAtIndex(ValueLayout.JAVA_FLOAT, 1, random.nextFloat());
    target.set(ValueLayout.JAVA_INT, 0, index);
  }

  @Override
  public String describe(int index) {
    return "number " + index;
  }

  /** The labels of each batch. */
  static List<List<Integer>> labels(Batches batches) {
    List<List<Integer>> all = new ArrayList<>();
    try (batches) {
      while (batches.hasNext()) {
        all.add(labels(batches.next()));
      }
    }
    return all;
  }

  static List<Integer> labels(Batch batch) {
    List<Integer> labels = new ArrayList<>();
    for (int label : batch.target().toInts()) {
      labels.add(label);
    }
    return labels;
  }

  /** The inputs of all batches: index and random number of each example. */
  static List<Float> inputs(Batches batches) {
    List<Float> all = new ArrayList<>();
    try (batches) {
      Scope.run(
          () -> {
            while (batches.hasNext()) {
              for (float value : batches.next().input().toFloats()) {
                all.add(value);
              }
            }
          });
    }
    return all;
  }
}
