package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.HostBackend;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.*;

/**
 * The executable definition of every op: plain loops in double over the elements in row-major
 * order, rounded once to the output's type. No natives, no threads, no cleverness: the oracle of
 * the tests, and what runs where nothing else does.
 */
public final class ReferenceBackend extends HostBackend {
  @Override
  public String name() {
    return "reference";
  }

  @Override
  public boolean supports(DType dtype) {
    return true;
  }

  @Override
  public void run(Op op, Tensor[] in, Tensor[] out) {
    Values[] x = new Values[in.length];
    for (int i = 0; i < in.length; i++) {
      x[i] = op instanceof Custom ? null : Values.of(in[i]);
    }
    switch (op) {
      case Custom o -> o.op().forward(in, out);
      case ViewOp o -> throw new IllegalStateException(o.name() + " moves no element");
      case Unary o -> Pointwise.unary(o, x[0]).store(out[0]);
      case Unary.Gradient o -> Pointwise.unaryGradient(o, x).store(out[0]);
      case Binary o -> Pointwise.binary(o, x[0], x[1], out[0].shape()).store(out[0]);
      case Binary.Gradient o -> Pointwise.binaryGradient(o, x).store(out[0]);
      case Compare o -> Pointwise.compare(o, x[0], x[1], out[0].shape()).store(out[0]);
      case Where o -> Pointwise.where(x, out[0].shape()).store(out[0]);
      case Cast o -> x[0].store(out[0]);
      case Contiguous o -> x[0].store(out[0]);
      case Arange o -> Creation.arange(o).store(out[0]);
      case RandomUniform o -> Creation.uniform(o).store(out[0]);
      case RandomNormal o -> Creation.normal(o).store(out[0]);
      case Dropout o -> Creation.dropout(o, x[0]).store(out[0]);
      case Reduce o -> Reductions.reduce(o, x[0]).store(out[0]);
      case Reduce.Gradient o -> Reductions.gradient(o, x).store(out[0]);
      case ArgReduce o -> Reductions.argReduce(o, x[0]).store(out[0]);
      case Norms o -> Reductions.norms(x).store(out[0]);
      case TopK o -> Reductions.topK(o, x[0], out);
      case Softmax o -> Reductions.softmax(o, x[0]).store(out[0]);
      case Softmax.Gradient o -> Reductions.softmaxGradient(o, x).store(out[0]);
      case CrossEntropy o -> Losses.crossEntropy(o, x).store(out[0]);
      case CrossEntropy.Gradient o -> Losses.crossEntropyGradient(o, x).store(out[0]);
      case MatMul o -> Products.matmul(x, out[0].shape()).store(out[0]);
      case Conv2d o -> Products.conv2d(o, x, out[0].shape()).store(out[0]);
      case Conv2d.InputGradient o ->
          Products.conv2dInputGradient(o.forward(), x[0], x[1], out[0].shape()).store(out[0]);
      case Conv2d.WeightGradient o ->
          Products.conv2dWeightGradient(o.forward(), x[0], x[1], out[0].shape()).store(out[0]);
      case ConvTranspose2d o -> Products.convTranspose2d(o, x, out[0].shape()).store(out[0]);
      case MaxPool2d o -> Pooling.max(o, x[0], out);
      case MaxPool2d.Gradient o -> Pooling.maxGradient(x, out[0].shape()).store(out[0]);
      case AvgPool2d o -> Pooling.average(o, x[0], out[0].shape()).store(out[0]);
      case AvgPool2d.Gradient o -> Pooling.averageGradient(o, x[0], out[0].shape()).store(out[0]);
      case AdaptiveAvgPool2d o -> Pooling.adaptive(x[0], out[0].shape()).store(out[0]);
      case AdaptiveAvgPool2d.Gradient o ->
          Pooling.adaptiveGradient(x[0], out[0].shape()).store(out[0]);
      case BatchNorm o -> Normalisation.batchNorm(o, in, x, out);
      case BatchNorm.Gradient o -> Normalisation.batchNormGradient(o, x, out);
      case LayerNorm o -> Normalisation.layerNorm(o, x, out);
      case LayerNorm.Gradient o -> Normalisation.layerNormGradient(x, out);
      case Concat o -> Structure.concat(o, x, out[0].shape()).store(out[0]);
      case Pad o -> Structure.pad(o, x[0], out[0].shape()).store(out[0]);
      case Slice.Gradient o -> Structure.sliceGradient(o, x[0], out[0].shape()).store(out[0]);
      case Gather o -> Structure.gather(o, x[0], x[1]).store(out[0]);
      case Gather.ScatterAdd o -> Structure.scatterAdd(o, x[0], x[1], out[0].shape()).store(out[0]);
      case OneHot o -> Structure.oneHot(o, x[0], out[0].shape()).store(out[0]);
      case CropMirrorNormalise o -> Images.cropMirrorNormalise(x, out[0].shape()).store(out[0]);
      case Descend o -> Descents.descend(o, in, x);
      case PreconditionedDescend o ->
          PreconditionedDescents.descend(o, in, x, out[0]).store(out[0]);
    }
  }

  @Override
  public void copy(Tensor source, Tensor target) {
    Values.of(source).store(target);
  }

  @Override
  public void fill(Tensor target, double value) {
    Values.forEachPosition(
        target, (i, at) -> Elements.set(target.dtype(), target.segment(), at, value));
  }

  @Override
  public void setThreads(int threads) {
    if (threads < 1) {
      throw new ArgumentException("threads", "too few", "" + threads, "threads >= 1", "");
    }
  }

  @Override
  public int threads() {
    return 1;
  }
}
