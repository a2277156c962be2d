package org.hypergrad.nn;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.Reduction;

/**
 * Softmax cross-entropy of logits [N, C, d...] with int32 labels [N, d...], as PyTorch defines it;
 * the formula is that of {@link CrossEntropy}. Immutable.
 *
 * <pre>{@code
 * Loss loss = Loss.crossEntropy().labelSmoothing(0.1);
 * }</pre>
 */
public final class CrossEntropyLoss implements Loss {
  static final CrossEntropyLoss PLAIN = new CrossEntropyLoss(CrossEntropy.mean(), new float[0]);

  private final CrossEntropy op;
  private final float[] classWeights;

  private CrossEntropyLoss(CrossEntropy op, float[] classWeights) {
    this.op = op;
    this.classWeights = classWeights;
  }

  /**
   * Gives each class a share of the target.
   *
   * @param share of all classes together, in [0, 1]
   * @throws ArgumentException if it is not
   */
  public CrossEntropyLoss labelSmoothing(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new ArgumentException("cross_entropy", "label smoothing", "" + share, "[0, 1]", "");
    }
    return with(new CrossEntropy(Reduction.MEAN, share, op.ignoredLabel()));
  }

  /** Takes no notice of examples with this label; -100 unless told otherwise. */
  public CrossEntropyLoss ignoredLabel(int label) {
    return with(new CrossEntropy(Reduction.MEAN, op.labelSmoothing(), label));
  }

  private CrossEntropyLoss with(CrossEntropy changed) {
    return new CrossEntropyLoss(changed, classWeights);
  }

  /**
   * Weighs examples by their class; the mean divides by the sum of weights.
   *
   * @param weights one per class, finite and not negative
   * @throws ArgumentException if one is not
   */
  public CrossEntropyLoss classWeights(float... weights) {
    for (float weight : weights) {
      if (!(weight >= 0 && weight < Float.POSITIVE_INFINITY)) {
        throw new ArgumentException(
            "cross_entropy", "class weight", "" + weight, "finite and >= 0", "");
      }
    }
    return new CrossEntropyLoss(op, weights.clone());
  }

  /**
   * The mean over the examples that count.
   *
   * @throws ArgumentException if a label is neither in [0, C) nor ignored
   */
  @Override
  public Tensor apply(Tensor logits, Tensor labels) {
    if (classWeights.length == 0) {
      return op.apply(logits, labels);
    }
    Tensor weights = logits.device().call(() -> Tensor.of(classWeights, classWeights.length));
    return op.apply(logits, labels, weights.to(logits.dtype()));
  }
}
