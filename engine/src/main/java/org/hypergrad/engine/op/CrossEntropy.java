package org.hypergrad.engine.op;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hypergrad.engine.Backward;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * Softmax cross-entropy with integer labels. Inputs: logits [N, C, d...], labels [N, d...] (int32),
 * and optionally class weights w [C].
 *
 * <p>With l = log softmax(logits), label y and smoothing e, the loss of an example is
 *
 * <pre>-(1 - e) w_y l_y - e / C sum_c w_c l_c</pre>
 *
 * and 0 where y is the ignored label. The mean divides by the sum of w_y over the examples that are
 * not ignored (PyTorch's definition). No gradient flows to labels or weights.
 *
 * @param reduction none gives [N, d...], else a scalar
 * @param labelSmoothing e, in [0, 1]
 * @param ignoredLabel a label that counts for nothing; any value outside of [0, C) if unused
 */
public record CrossEntropy(Reduction reduction, double labelSmoothing, int ignoredLabel)
    implements Differentiable {
  /** PyTorch's default for the label that is ignored. */
  public static final int IGNORED_LABEL = -100;

  /** The mean over the batch, without smoothing. */
  public static CrossEntropy mean() {
    return new CrossEntropy(Reduction.MEAN, 0, IGNORED_LABEL);
  }

  /**
   * The loss of these logits and labels.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if a label is neither in [0, C) nor
   *     ignored
   */
  public Tensor apply(Tensor logits, Tensor labels) {
    return Dispatch.run(this, logits, labels)[0];
  }

  /** The same with a weight per class. */
  public Tensor apply(Tensor logits, Tensor labels, Tensor weights) {
    return Dispatch.run(this, logits, labels, weights)[0];
  }

  @Override
  public String name() {
    return "cross_entropy";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.argument(
        name(),
        labelSmoothing >= 0 && labelSmoothing <= 1,
        "label smoothing",
        labelSmoothing,
        "0 <= e <= 1");
    Rules.floating(name(), in[0]);
    Rules.dtype(name(), in[1], DType.INT32);
    Shape logits = in[0].shape();
    Rules.shape(
        name(),
        logits.rank() >= 2 && in[1].shape().equals(logits.without(1)),
        "labels do not fit the logits",
        "logits [N, C, d...] and labels [N, d...]",
        in);
    if (in.length > 2) {
      Rules.floating(name(), in[0], in[2]);
      Rules.shape(
          name(),
          in[2].shape().equals(Shape.of(logits.extent(1))),
          "weights do not fit the classes",
          "weights [C]",
          in);
    }
    return Rules.one(in[0].withShape(reduction == Reduction.NONE ? in[1].shape() : Shape.SCALAR));
  }

  @Override
  public Keep keep(int wanted) {
    return new Keep(0b111, 0);
  }

  @Override
  public void backward(Backward b) {
    Tensor[] in =
        Stream.concat(Stream.of(b.gradient()), IntStream.range(0, b.inputs()).mapToObj(b::input))
            .toArray(Tensor[]::new);
    b.give(0, () -> Dispatch.run(new Gradient(this), in)[0]);
  }

  /**
   * dloss (softmax(logits) times the sum of the target's weights - the target's weights), per
   * example. Inputs: dloss, logits, labels, and weights if there were.
   *
   * @param forward the loss
   */
  public record Gradient(CrossEntropy forward) implements Op {
    @Override
    public String name() {
      return "cross_entropy gradient";
    }

    @Override
    public Spec[] infer(Spec... in) {
      return Rules.one(in[1]);
    }
  }
}
