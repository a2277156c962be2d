package org.hypergrad.nn;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.op.Reduction;

/** How far the output of a network is from what it should be. */
@FunctionalInterface
public interface Loss {
  /**
   * The mean over the batch: a scalar of the current scope.
   *
   * @throws org.hypergrad.engine.error.EngineException if output and target do not fit
   */
  Tensor apply(Tensor output, Tensor target);

  /** Softmax cross-entropy of logits [N, C, d...] with int32 labels [N, d...]. */
  static CrossEntropyLoss crossEntropy() {
    return CrossEntropyLoss.PLAIN;
  }

  /** Mean of (output - target)^2; shapes are equal. */
  static Loss squaredError() {
    return (output, target) -> {
      checkShapes("squared_error", output, target);
      return output.squaredError(target, Reduction.MEAN);
    };
  }

  /** Mean of |output - target|; shapes are equal. */
  static Loss absoluteError() {
    return (output, target) -> {
      checkShapes("absolute_error", output, target);
      return output.sub(target).abs().mean();
    };
  }

  /**
   * Mean of d^2 / 2 where d = |output - target| is below delta, else of delta (d - delta / 2)
   * (Huber, 1964); shapes are equal.
   *
   * @throws ArgumentException unless delta is positive
   */
  static Loss huber(double delta) {
    if (!(delta > 0 && delta < Double.POSITIVE_INFINITY)) {
      throw new ArgumentException("huber", "delta out of range", "" + delta, "finite and > 0", "");
    }
    return (output, target) -> {
      checkShapes("huber", output, target);
      Tensor distance = output.sub(target).abs();
      Tensor near = distance.clamp(0, delta);
      return near.mul(distance.sub(near.mul(0.5))).mean();
    };
  }

  /** Mean binary cross-entropy of logits with targets in [0, 1]; shapes are equal. */
  static Loss binaryCrossEntropy() {
    return (output, target) -> {
      checkShapes("binary_cross_entropy", output, target);
      return output.binaryCrossEntropy(target, Reduction.MEAN);
    };
  }

  /** [N, 1] and [N] would broadcast to [N, N]: always a mistake in a loss. */
  private static void checkShapes(String name, Tensor output, Tensor target) {
    if (!output.shape().equals(target.shape())) {
      throw new ShapeException(
          name,
          "output and target differ in shape",
          output.spec() + " and " + target.spec(),
          "equal shapes",
          "reshape the target");
    }
  }
}
