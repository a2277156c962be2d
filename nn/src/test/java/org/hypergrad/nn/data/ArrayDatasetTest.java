package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.IntStream;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.error.ArgumentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data sets from arrays, and parts of data sets. */
class ArrayDatasetTest {
  private static final Shape PAIR = Shape.of(2);

  private static Batch whole(Dataset dataset) {
    try (Batches batches = Loader.of(dataset, dataset.size()).epoch(0)) {
      return batches.next();
    }
  }

  private static List<Integer> labels(Dataset dataset) {
    return Scope.call(() -> Numbers.labels(whole(dataset)));
  }

  @Test
  void rowsAndFlatArraysGiveTheSame() {
    float[] flat = {1, 2, 3, 4, 5, 6};
    float[][] rows = {{1, 2}, {3, 4}, {5, 6}};
    int[] labels = {2, 0, 1};
    Scope.run(
        () -> {
          for (Dataset dataset :
              List.of(
                  ArrayDataset.labelled(flat, PAIR, labels, 3),
                  ArrayDataset.labelled(rows, PAIR, labels, 3))) {
            assertArrayEquals(flat, whole(dataset).input().toFloats());
            assertArrayEquals(labels, whole(dataset).target().toInts());
          }
          for (Dataset dataset :
              List.of(
                  ArrayDataset.valued(flat, PAIR, new float[] {7, 8, 9}, Shape.of(1)),
                  ArrayDataset.valued(rows, PAIR, new float[][] {{7}, {8}, {9}}, Shape.of(1)))) {
            assertArrayEquals(flat, whole(dataset).input().toFloats());
            assertArrayEquals(new float[] {7, 8, 9}, whole(dataset).target().toFloats());
          }
        });
  }

  @Test
  void laterChangesOfTheArraysDoNotReachTheDataset() {
    float[] inputs = {1, 2};
    int[] labels = {1};
    float[] values = {5};
    Dataset labelled = ArrayDataset.labelled(inputs, PAIR, labels, 2);
    Dataset valued = ArrayDataset.valued(inputs, PAIR, values, Shape.of(1));
    inputs[0] = 9;
    labels[0] = 0;
    values[0] = 0;
    Scope.run(
        () -> {
          assertEquals(1, whole(labelled).input().get(0, 0));
          assertEquals(1, whole(labelled).target().get(0));
          assertEquals(5, whole(valued).target().get(0, 0));
        });
  }

  @Test
  void labelsMustBeClasses() {
    for (int bad : new int[] {-1, 3, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      var e =
          assertThrows(
              DataException.class,
              () -> ArrayDataset.labelled(new float[4], PAIR, new int[] {2, bad}, 3));
      assertEquals("example 1", e.source());
      assertEquals("label " + bad, e.got());
      assertEquals("a label in [0, 3)", e.expected());
    }
  }

  @Test
  void valuesMustBeFinite() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      var input =
          assertThrows(
              DataException.class,
              () -> ArrayDataset.labelled(new float[] {1, 2, 3, bad}, PAIR, new int[2], 2));
      assertEquals("example 1", input.source());
      assertEquals((double) bad + " as value 1 of shape [2]", input.got());
      var target =
          assertThrows(
              DataException.class,
              () ->
                  ArrayDataset.valued(
                      new float[2], Shape.of(1), new float[] {0, bad}, Shape.SCALAR));
      assertEquals("example 1", target.source());
      assertEquals("target is not finite", target.problem());
    }
  }

  @Test
  void numbersMustFit() {
    var inputs =
        assertThrows(
            DataException.class, () -> ArrayDataset.labelled(new float[5], PAIR, new int[2], 2));
    assertEquals("5 values for 2 examples of shape [2]", inputs.got());
    assertEquals("2 x 2 values", inputs.expected());
    assertThrows(
        DataException.class, () -> ArrayDataset.labelled(new float[6], PAIR, new int[2], 2));
    assertThrows(
        DataException.class,
        () -> ArrayDataset.valued(new float[4], PAIR, new float[5], Shape.of(2)));
    assertThrows(
        DataException.class,
        () -> ArrayDataset.valued(new float[4], PAIR, new float[3], Shape.of(1)));
    var row =
        assertThrows(
            DataException.class,
            () -> ArrayDataset.labelled(new float[][] {{1, 2}, {3}}, PAIR, new int[2], 2));
    assertEquals("example 1", row.source());
    assertEquals("1 values", row.got());
    assertThrows(
        DataException.class,
        () -> ArrayDataset.labelled(new float[][] {{1, 2}}, PAIR, new int[2], 2));
  }

  @Test
  void thereMustBeExamples() {
    assertThrows(
        DataException.class, () -> ArrayDataset.labelled(new float[0], PAIR, new int[0], 2));
    assertThrows(
        DataException.class, () -> ArrayDataset.labelled(new float[0], Shape.of(0), new int[2], 2));
    assertThrows(
        DataException.class,
        () -> ArrayDataset.valued(new float[2], PAIR, new float[0], Shape.of(0)));
  }

  @Test
  void aSubsetHasTheExamplesThatWereNamed() {
    Dataset numbers = new Numbers(10);
    assertEquals(List.of(7, 2, 2), labels(Subset.of(numbers, 7, 2, 2)));
    assertEquals(List.of(0, 1, 2), labels(Subset.limit(numbers, 3)));
    assertEquals(List.of(2, 7), labels(Subset.of(Subset.of(numbers, 7, 1, 2), 2, 0)));
    assertEquals("number 7", Subset.of(numbers, 7, 2).describe(0));
    assertEquals(numbers.input(), Subset.of(numbers, 7).input());
    assertEquals(numbers.target(), Subset.of(numbers, 7).target());
    int[] indices = {4};
    Dataset subset = Subset.of(numbers, indices);
    indices[0] = 5;
    assertEquals(List.of(4), labels(subset));
    assertThrows(ArgumentException.class, () -> Subset.of(numbers, 10));
    assertThrows(ArgumentException.class, () -> Subset.of(numbers, -1));
    assertThrows(ArgumentException.class, () -> Subset.limit(numbers, 11));
  }

  @Test
  void theFirstExamplesCanBeSplitOff() {
    Split split = Split.first(new Numbers(10), 7);
    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6), labels(split.train()));
    assertEquals(List.of(7, 8, 9), labels(split.heldOut()));
  }

  @Test
  void aRandomSplitIsReproducible() {
    Numbers numbers = new Numbers(100);
    List<Integer> heldOut = labels(Split.random(numbers, 20, 1).heldOut());
    List<Integer> train = labels(Split.random(numbers, 20, 1).train());
    assertEquals(20, heldOut.size());
    assertEquals(IntStream.range(0, 100).filter(i -> !heldOut.contains(i)).boxed().toList(), train);
    assertEquals(heldOut.stream().sorted().toList(), heldOut);
    assertEquals(heldOut, labels(Split.random(numbers, 20, 1).heldOut()));
    for (long seed = 2; seed < 10; seed++) {
      List<Integer> other = labels(Split.random(numbers, 20, seed).heldOut());
      assertNotEquals(heldOut, other);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 10, 11})
  void noPartOfASplitMayBeEmpty(int part) {
    Numbers numbers = new Numbers(10);
    assertThrows(ArgumentException.class, () -> Split.first(numbers, part));
    assertThrows(ArgumentException.class, () -> Split.random(numbers, part, 1));
  }
}
