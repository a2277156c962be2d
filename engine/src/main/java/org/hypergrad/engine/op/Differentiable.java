package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Keep;

/** An op that gradients flow back through. */
public sealed interface Differentiable extends Op
    permits ViewOp,
        AdaptiveAvgPool2d,
        AvgPool2d,
        BatchNorm,
        Binary,
        Cast,
        Concat,
        Contiguous,
        Conv2d,
        ConvTranspose2d,
        CrossEntropy,
        Custom,
        Dropout,
        Gather,
        LayerNorm,
        MatMul,
        MaxPool2d,
        Pad,
        Reduce,
        Softmax,
        TopK,
        Unary,
        Where {

  /**
   * What the gradient rule needs of inputs and outputs.
   *
   * @param wanted the inputs whose gradient is wanted, one bit per input
   */
  Keep keep(int wanted);

  /** The gradient rule. */
  void backward(Backward b);
}
