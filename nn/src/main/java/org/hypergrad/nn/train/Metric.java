package org.hypergrad.nn.train;

import java.util.function.ToDoubleBiFunction;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Tensor;

/**
 * A number that says how good outputs are, as a mean over the examples of a batch.
 *
 * @param name as in tables and files
 * @param of its value for outputs and targets
 */
public record Metric(String name, ToDoubleBiFunction<Tensor, Tensor> of) {
  /** The share of examples whose largest logit, of [N, C], is at their label, of [N]. */
  public static Metric accuracy() {
    return new Metric(
        "accuracy",
        (logits, labels) ->
            logits.argmax(1).eq(labels).to(DType.FLOAT32).sum().item() / labels.count());
  }

  /**
   * The share of examples whose label, of [N], is among the {@code count} largest logits, of [N,
   * C]. Of equal logits the first is the larger one, as for {@link #accuracy}; NaN is larger than
   * any number.
   */
  public static Metric top(int count) {
    return new Metric(
        "top" + count,
        (logits, labels) -> {
          float[] scores = logits.toFloats();
          int[] right = labels.toInts();
          int classes = scores.length / right.length;
          int hits = 0;
          for (int i = 0; i < right.length; i++) {
            hits += rank(scores, i * classes, classes, right[i]) < count ? 1 : 0;
          }
          return (double) hits / right.length;
        });
  }

  /** How many of the scores from {@code start} on are before that of a label. */
  private static int rank(float[] scores, int start, int classes, int label) {
    int before = 0;
    for (int c = 0; c < classes; c++) {
      int order = Float.compare(scores[start + c], scores[start + label]);
      before += order > 0 || (order == 0 && c < label) ? 1 : 0;
    }
    return before;
  }
}
