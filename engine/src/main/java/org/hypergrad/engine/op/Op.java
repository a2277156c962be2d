package org.hypergrad.engine.op;

import org.hypergrad.engine.Spec;

/**
 * What a backend can be asked to do: a record of attributes with no tensors inside, so that a value
 * of it, with the shapes of the inputs, can serve as a key. The variants are sealed: each backend
 * runs them through one switch without a default, and a missing case does not compile.
 */
public sealed interface Op
    permits Differentiable,
        Arange,
        ArgReduce,
        AvgPool2d.Gradient,
        AdaptiveAvgPool2d.Gradient,
        BatchNorm.Gradient,
        Binary.Gradient,
        Compare,
        Conv2d.InputGradient,
        Conv2d.WeightGradient,
        CropMirrorNormalise,
        CrossEntropy.Gradient,
        Descend,
        Gather.ScatterAdd,
        LayerNorm.Gradient,
        MaxPool2d.Gradient,
        Norms,
        OneHot,
        PreconditionedDescend,
        RandomNormal,
        RandomUniform,
        Reduce.Gradient,
        Slice.Gradient,
        Softmax.Gradient,
        Unary.Gradient {

  /** The name in messages and profiles. */
  String name();

  /**
   * The shape rule: types and shapes of the outputs.
   *
   * @throws org.hypergrad.engine.error.EngineException if the inputs do not fit
   */
  Spec[] infer(Spec... in);

  /** Multiplications, each with an addition, of a product of any kind; 0 for other ops. */
  default long multiplications(Spec[] in, Spec[] out) {
    return 0;
  }
}
