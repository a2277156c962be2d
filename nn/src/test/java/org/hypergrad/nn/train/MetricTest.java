package org.hypergrad.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.junit.jupiter.api.Test;

class MetricTest {
  private static double top(int count, float[] logits, int... labels) {
    return Scope.call(
        () ->
            Metric.top(count)
                .of()
                .applyAsDouble(
                    Tensor.of(logits, labels.length, logits.length / labels.length),
                    Tensor.of(labels, labels.length)));
  }

  /** Scores 3 1 2 0: ranks 0, 2, 1 and 3. */
  @Test
  void aLabelAmongTheLargestIsAHit() {
    float[] logits = {3, 1, 2, 0, 3, 1, 2, 0, 3, 1, 2, 0, 3, 1, 2, 0};
    assertEquals(0.25, top(1, logits, 0, 1, 2, 3));
    assertEquals(0.5, top(2, logits, 0, 1, 2, 3));
    assertEquals(0.75, top(3, logits, 0, 1, 2, 3));
    assertEquals(1, top(5, logits, 0, 1, 2, 3));
    assertEquals("top5", Metric.top(5).name());
  }

  @Test
  void ofEqualOnesTheFirstCounts() {
    assertEquals(0.5, top(2, new float[] {1, 1, 1, 1, 1, 1}, 1, 2));
    assertEquals(0, top(1, new float[] {Float.NaN, 1, 0}, 1));
  }
}
