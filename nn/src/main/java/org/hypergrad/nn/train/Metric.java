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
}
