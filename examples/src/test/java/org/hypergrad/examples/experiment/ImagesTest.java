package org.hypergrad.examples.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.hypergrad.nn.data.Cifar10;
import org.hypergrad.nn.data.Dataset;
import org.hypergrad.nn.data.Subset;
import org.junit.jupiter.api.Test;

class ImagesTest {
  private final Cifar10 stripes = Cifar10.synthetic(6, 4, 1);
  private final Images images =
      Images.of("stripes", stripes.names(), stripes.train(), stripes.test());

  private static List<String> names(Dataset data) {
    return IntStream.range(0, data.size()).mapToObj(data::describe).toList();
  }

  private static List<String> names(Dataset data, int... indices) {
    return names(Subset.of(data, indices));
  }

  @Test
  void aLimitTakesTheFirst() {
    Images some = images.limit(2).evaluating(1);
    assertEquals(names(stripes.train(), 0, 1), names(some.train()));
    assertEquals(names(stripes.test(), 0), names(some.test()));
  }

  /** With 0 to 2 of one class, and 3 to 5 of another. */
  @Test
  void aLimitTakesSomeOfEachClassWhereTheyFollowOneAnother() {
    Images some = images.byClass().limit(4).evaluating(2);
    assertEquals(names(stripes.train(), 0, 1, 3, 4), names(some.train()));
    assertEquals(names(stripes.test(), 0, 2), names(some.test()));
    assertTrue(some.description().contains("to train on, 4 from all"), some.description());
  }
}
