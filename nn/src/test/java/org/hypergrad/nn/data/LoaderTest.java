package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.LifetimeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LoaderTest {
  private static List<List<Integer>> labels(Loader loader, long epoch) {
    return Scope.call(() -> Numbers.labels(loader.epoch(epoch)));
  }

  private static List<Integer> order(Loader loader, long epoch) {
    return labels(loader, epoch).stream().flatMap(List::stream).toList();
  }

  private static List<Integer> sorted(List<Integer> values) {
    return values.stream().sorted().toList();
  }

  private static List<Integer> upTo(int size) {
    return IntStream.range(0, size).boxed().toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 5})
  void everyExampleComesOnceInBatchesOfTheSizeAskedFor(int threads) {
    for (int size : new int[] {1, 2, 5, 7, 12}) {
      for (int batchSize : new int[] {1, 2, 5, 7, 20}) {
        Loader loader = Loader.of(new Numbers(size), batchSize).threads(threads);
        List<List<Integer>> expected = new ArrayList<>();
        for (int i = 0; i < size; i += batchSize) {
          expected.add(upTo(size).subList(i, Math.min(size, i + batchSize)));
        }
        assertEquals(expected, labels(loader, 0), size + " by " + batchSize);
        assertEquals(expected.size(), loader.batches());
      }
    }
  }

  @Test
  void fewerExamplesThanABatchGiveOneSmallBatch() {
    assertEquals(List.of(List.of(0, 1, 2)), labels(Loader.of(new Numbers(3), 128), 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void aSmallerLastBatchCanBeLeftOut(int threads) {
    Loader loader = Loader.of(new Numbers(7), 3).threads(threads).dropLast();
    assertEquals(2, loader.batches());
    assertEquals(List.of(List.of(0, 1, 2), List.of(3, 4, 5)), labels(loader, 0));
    assertEquals(2, Loader.of(new Numbers(6), 3).dropLast().batches());
    var none = assertThrows(ArgumentException.class, () -> Loader.of(new Numbers(2), 3).dropLast());
    assertEquals("2 examples, batch size 3", none.got());
  }

  /** Case shuffle-subset: limit 1 of three, shuffled, three epochs. */
  @Test
  void aSubsetIsChosenOnceAndPermutedWithin() {
    Loader one = Loader.of(Subset.limit(new Numbers(3), 1), 2).shuffle(7);
    Loader three = Loader.of(Subset.limit(new Numbers(3), 3), 2).shuffle(7);
    for (long epoch = 0; epoch < 3; epoch++) {
      assertEquals(List.of(0), order(one, epoch));
      assertEquals(upTo(3), sorted(order(three, epoch)));
    }
  }

  @Test
  void orderIsAFunctionOfSeedAndEpochAlone() {
    Numbers numbers = new Numbers(50);
    Set<List<Integer>> orders = new HashSet<>();
    for (long seed : new long[] {0, 1, 42, -1}) {
      for (long epoch : new long[] {2, 0, 1}) {
        List<Integer> order = order(Loader.of(numbers, 8).shuffle(seed), epoch);
        assertEquals(upTo(50), sorted(order));
        assertTrue(orders.add(order), "seed " + seed + ", epoch " + epoch);
        for (int threads : new int[] {1, 4}) {
          Loader loader = Loader.of(numbers, 8).threads(threads).shuffle(seed);
          assertEquals(order, order(loader, epoch));
        }
        assertEquals(order, order(Loader.of(numbers, 50).shuffle(seed), epoch), "batch size");
      }
    }
    assertFalse(orders.contains(upTo(50)));
  }

  @Test
  void withoutShuffleEveryEpochHasTheDatasetsOrder() {
    Loader loader = Loader.of(new Numbers(10), 3).threads(2);
    assertEquals(upTo(10), order(loader, 0));
    assertEquals(upTo(10), order(loader, 5));
  }

  /** All 24 orders of four examples come about equally often. */
  @Test
  void ordersAreUniform() {
    int[] counts = new int[256];
    int epochs = 24_000;
    for (int epoch = 0; epoch < epochs; epoch++) {
      int[] order = ExampleRandom.permutation(3, epoch, 4);
      counts[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]]++;
    }
    double chiSquare = 0;
    int seen = 0;
    for (int count : counts) {
      if (count > 0) {
        seen++;
        chiSquare += (count - 1000.0) * (count - 1000.0) / 1000.0;
      }
    }
    assertEquals(24, seen);
    // The 99.9 % point of chi square with 23 degrees of freedom.
    assertTrue(chiSquare < 49.73, "chi square " + chiSquare);
  }

  /** Case workers-rng: seed 42, augmentation by 0, 1 and 4 threads. */
  @Test
  void randomNumbersBelongToTheExampleAndNotToTheThread() {
    Loader loader = Loader.of(new Numbers(101), 7).shuffle(42);
    List<Float> alone = Numbers.inputs(loader.epoch(3));
    assertEquals(202, alone.size());
    assertEquals(alone, Numbers.inputs(loader.threads(1).epoch(3)));
    assertEquals(alone, Numbers.inputs(loader.threads(4).epoch(3)));
    assertNotEquals(alone, Numbers.inputs(loader.epoch(4)));
    assertNotEquals(alone, Numbers.inputs(loader.shuffle(43).epoch(3)));
    float[] byIndex = new float[101];
    for (int i = 0; i < 101; i++) {
      byIndex[(int) (float) alone.get(2 * i)] = alone.get(2 * i + 1);
    }
    for (int i = 0; i < 101; i++) {
      assertEquals(ExampleRandom.ofExample(42, 3, i).nextFloat(), byIndex[i]);
    }
  }

  @Test
  void noTwoExamplesShareNumbers() {
    Set<Long> seen = new HashSet<>();
    int draws = 0;
    for (long seed : new long[] {0, 42, Long.MIN_VALUE}) {
      for (long epoch : new long[] {0, 1, 1L << 32, Long.MAX_VALUE}) {
        for (int index : new int[] {0, 1, 2, 1000, Integer.MAX_VALUE - 1}) {
          ExampleRandom random = ExampleRandom.ofExample(seed, epoch, index);
          for (int i = 0; i < 100; i++) {
            seen.add(random.nextLong());
            draws++;
          }
        }
      }
    }
    assertEquals(draws, seen.size());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void anEpochCanBeEnteredInItsMiddle(int threads) {
    Loader loader = Loader.of(new Numbers(23), 4).shuffle(5).threads(threads);
    List<Float> whole = Numbers.inputs(loader.epoch(9));
    for (int first = 0; first <= loader.batches(); first++) {
      try (Batches batches = loader.epoch(9, first)) {
        assertEquals(first, batches.position());
        assertEquals(first < loader.batches(), batches.hasNext());
        int from = Math.min(whole.size(), 8 * first);
        assertEquals(whole.subList(from, whole.size()), Numbers.inputs(batches));
        assertEquals(loader.batches(), batches.position());
      }
    }
  }

  @Test
  void loadersSideBySideDoNotDisturbEachOther() {
    Loader loader = Loader.of(new Numbers(40), 3).shuffle(1);
    List<Float> expected = Numbers.inputs(loader.epoch(0));
    List<Float> first = new ArrayList<>();
    try (Batches a = loader.threads(2).epoch(0);
        Batches b = loader.threads(2).epoch(1)) {
      while (a.hasNext()) {
        Scope.run(
            () -> {
              for (float value : a.next().input().toFloats()) {
                first.add(value);
              }
              b.next();
            });
      }
    }
    assertEquals(expected, first);
  }

  @Test
  void batchesHaveTheDatasetsTypesOnTheCurrentDevice() {
    Dataset labelled =
        ArrayDataset.labelled(
            new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
            Shape.of(1, 2, 2),
            new int[] {0, 1, 2},
            3);
    for (Device device : List.of(Device.reference(), Device.cpu())) {
      device.run(
          () ->
              Scope.run(
                  () -> {
                    try (Batches batches = Loader.of(labelled, 2).threads(1).epoch(0)) {
                      Batch batch = batches.next();
                      assertEquals(2, batch.size());
                      assertEquals(device, batch.input().device());
                      assertEquals(Spec.of(DType.FLOAT32, 2, 1, 2, 2), batch.input().spec());
                      assertEquals(device, batch.target().device());
                      assertEquals(Spec.of(DType.INT32, 2), batch.target().spec());
                      Batch last = batches.next();
                      assertEquals(Spec.of(DType.FLOAT32, 1, 1, 2, 2), last.input().spec());
                      assertEquals(9, last.input().get(0, 0, 0, 0));
                      assertEquals(2, last.target().get(0));
                      // The buffers are used again; what was handed out must not change.
                      assertEquals(1, batch.input().get(0, 0, 0, 0));
                    }
                  }));
    }
  }

  @Test
  void targetsMayBeValues() {
    Dataset valued =
        ArrayDataset.valued(
            new float[] {1, 2, 3}, Shape.SCALAR, new float[] {1, 2, 3, 4, 5, 6}, Shape.of(2));
    Scope.run(
        () -> {
          try (Batches batches = Loader.of(valued, 3).epoch(0)) {
            Batch batch = batches.next();
            assertEquals(Spec.of(DType.FLOAT32, 3), batch.input().spec());
            assertEquals(Spec.of(DType.FLOAT32, 3, 2), batch.target().spec());
            assertEquals(6, batch.target().get(2, 1));
          }
        });
  }

  @Test
  void aBatchReturnedFromAScopeMovesOutwards() {
    try (Batches batches = Loader.of(new Numbers(4), 2).epoch(0)) {
      Scope.run(
          () -> {
            Batch batch = Scope.call(batches::next);
            assertEquals(List.of(0, 1), Numbers.labels(batch));
            assertEquals(1, batch.input().get(1, 0));
          });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void aBatchAskedForWithoutAScopeIsNotLost(int threads) {
    try (Batches batches = Loader.of(new Numbers(4), 2).threads(threads).epoch(0)) {
      assertThrows(LifetimeException.class, batches::next);
      Scope.run(() -> assertEquals(List.of(0, 1), Numbers.labels(batches.next())));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void thereIsNothingBehindTheEnd(int threads) {
    Scope.run(
        () -> {
          Batches batches = Loader.of(new Numbers(2), 2).threads(threads).epoch(0);
          try (batches) {
            batches.next();
            assertFalse(batches.hasNext());
            assertThrows(NoSuchElementException.class, batches::next);
          }
          assertThrows(LifetimeException.class, batches::next);
        });
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    Numbers numbers = new Numbers(10);
    Loader loader = Loader.of(numbers, 3);
    assertThrows(ArgumentException.class, () -> Loader.of(new Numbers(0), 3));
    assertThrows(ArgumentException.class, () -> Loader.of(numbers, 0));
    assertThrows(ArgumentException.class, () -> loader.threads(-1));
    assertThrows(ArgumentException.class, () -> loader.epoch(0, -1));
    assertThrows(ArgumentException.class, () -> loader.epoch(0, 5));
    Dataset large = Subset.of(new Large(), new int[20]);
    assertEquals(19, Loader.of(large, 19).batchSize());
    var tooLarge = assertThrows(ArgumentException.class, () -> Loader.of(large, 20));
    assertEquals("20 x float32[107374182]", tooLarge.got());
  }

  /** One example of which 20 have more elements than an array. */
  private record Large() implements Dataset {
    @Override
    public int size() {
      return 1;
    }

    @Override
    public Spec input() {
      return Spec.of(DType.FLOAT32, (Integer.MAX_VALUE - 8) / 20 + 1);
    }

    @Override
    public Spec target() {
      return Spec.of(DType.INT32);
    }

    @Override
    public void read(int index, RandomGenerator random, MemorySegment input, MemorySegment target) {
      throw new UnsupportedOperationException();
    }
  }
}
