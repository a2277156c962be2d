package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.error.ArgumentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The parts of an epoch that several processes have. */
class ShardTest {
  private static List<List<Integer>> labels(Loader loader, long epoch) {
    return Scope.call(() -> Numbers.labels(loader.epoch(epoch)));
  }

  @Test
  void togetherTheRanksHaveTheBatchesOfOneProcess() {
    Loader whole = Loader.of(new Numbers(24), 6).shuffle(4);
    for (long epoch = 0; epoch < 3; epoch++) {
      List<List<List<Integer>>> ranks = new ArrayList<>();
      for (int rank = 0; rank < 3; rank++) {
        ranks.add(labels(Loader.of(new Numbers(24), 2).shuffle(4).shard(rank, 3), epoch));
      }
      for (int batch = 0; batch < 4; batch++) {
        List<Integer> together = new ArrayList<>();
        for (int row = 0; row < 2; row++) {
          for (int rank = 0; rank < 3; rank++) {
            together.add(ranks.get(rank).get(batch).get(row));
          }
        }
        assertEquals(labels(whole, epoch).get(batch), together);
      }
    }
  }

  @Test
  void examplesAreAugmentedAsInOneProcess() {
    List<Float> whole = Numbers.inputs(Loader.of(new Numbers(12), 4).shuffle(9).epoch(1));
    List<List<Float>> expected = pairs(whole);
    List<List<Float>> found = new ArrayList<>();
    for (int rank = 0; rank < 4; rank++) {
      Loader loader = Loader.of(new Numbers(12), 2).shuffle(9).threads(2).shard(rank, 4);
      found.addAll(pairs(Numbers.inputs(loader.epoch(1))));
    }
    found.sort(Comparator.comparing(List::getFirst));
    expected.sort(Comparator.comparing(List::getFirst));
    assertEquals(expected, found);
  }

  private static List<List<Float>> pairs(List<Float> values) {
    List<List<Float>> pairs = new ArrayList<>();
    for (int i = 0; i < values.size(); i += 2) {
      pairs.add(List.copyOf(values.subList(i, i + 2)));
    }
    return pairs;
  }

  @ParameterizedTest
  @CsvSource({
    "10, 3, 2, 2, 1",
    "9, 3, 2, 2, 1",
    "11, 2, 2, 3, 2",
    "1, 3, 1, 1, 0",
    "2, 5, 4, 1, 0"
  })
  void allRanksHaveAsManyBatches(int size, int ranks, int batchSize, int all, int whole) {
    for (int rank = 0; rank < ranks; rank++) {
      Loader loader = Loader.of(new Numbers(size), batchSize).shard(rank, ranks);
      assertEquals(all, loader.batches());
      int examples = labels(loader, 0).stream().mapToInt(List::size).sum();
      assertEquals(Math.ceilDiv(size, ranks), examples);
      if (whole > 0) {
        assertEquals(whole, loader.dropLast().batches());
        assertEquals(whole, labels(loader.dropLast(), 0).size());
      } else {
        assertThrows(ArgumentException.class, loader::dropLast);
      }
    }
  }

  @Test
  void theFirstComeAgainAtTheEnd() {
    assertEquals(List.of(List.of(2, 5, 1)), labels(Loader.of(new Numbers(7), 4).shard(2, 3), 0));
  }

  @Test
  void ranksThatAreNoneAreRefused() {
    Loader loader = Loader.of(new Numbers(7), 4);
    var e = assertThrows(ArgumentException.class, () -> loader.shard(3, 3));
    assertEquals("rank 3 of 3", e.got());
    assertThrows(ArgumentException.class, () -> loader.shard(-1, 3));
    assertThrows(ArgumentException.class, () -> loader.shard(0, 0));
    assertThrows(ArgumentException.class, () -> loader.dropLast().shard(0, 2));
  }
}
